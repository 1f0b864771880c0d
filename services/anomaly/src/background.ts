import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';

/** How long what is under way may go on waiting for NATS once the service stops. */
const PATIENCE_MS = 10_000;

/**
 * Starts something that may have to wait long for others, without keeping the service from answering meanwhile. A
 * start that fails for other reasons than a stop is an unexpected error, and ends the process.
 */
export function startInBackground(log: Log, start: (signal: AbortSignal) => Promise<Running>): Running {
  const stopping = new AbortController();
  let running: Running | undefined;
  const started = start(stopping.signal).then(
    (part) => {
      running = part;
    },
    (error: unknown) => {
      if (!stopping.signal.aborted) throw error;
      log.debug({ err: error }, 'stopped while starting');
    },
  );
  return {
    stop: async () => {
      // What runs finishes what it has in hand; a start that waits for others gives up at once.
      if (running === undefined) stopping.abort();
      await started;
      const done = new AbortController();
      const patience = pause(PATIENCE_MS, done.signal).then(() => stopping.abort());
      await running?.stop();
      done.abort();
      await patience;
    },
  };
}
