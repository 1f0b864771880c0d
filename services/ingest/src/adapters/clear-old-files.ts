import type { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { clearArtifacts } from '@benchwire/shared/runtime/clear-artifacts.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';

const EVERY_MS = 3_600_000;

/** Clears files that no request has named for a week, once an hour. Of several ingests each does it, to no harm. */
export function clearOldFiles(store: ArtifactStore, log: Log): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const cleared = await clearArtifacts(store);
        if (cleared > 0) log.info({ cleared }, 'cleared files that no request has named for a week');
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'could not clear old files of requests');
      }
      await pause(EVERY_MS, stopping.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}
