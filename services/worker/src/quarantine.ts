import { QUARANTINE_BUCKET, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { awaitBucket } from '@benchwire/shared/runtime/streams.ts';
import type { KV, KvEntry } from '@nats-io/kv';
import type { Holds } from './holds.ts';

interface Parts {
  nats: NatsConnection;
  replicas: number;
  worker_id: string;
  holds: Holds;
  log: Log;
}

/** Obeys this worker's entry in the `quarantine` bucket: the one that is there at the start, and every change. */
export async function obeyQuarantine(parts: Parts): Promise<Running> {
  const { nats, worker_id, holds, log } = parts;
  const bucket = await awaitBucket(nats, log, QUARANTINE_BUCKET, parts.replicas);
  const stopping = new AbortController();

  const obey = async (entry: KvEntry | null): Promise<void> => {
    const parsed = entry === null || entry.operation !== 'PUT' ? undefined : parseJson(quarantine, entry.value);
    if (parsed?.ok === false) log.error({ issues: parsed.issues }, 'the own quarantine entry cannot be read; ignored');
    else if (parsed?.value.quarantined === true) await holds.hold('quarantined', parsed.value.reason);
    else await holds.release('quarantined');
  };
  // Before the first job is taken.
  await obey(await bucket.get(worker_id));
  const watching = watch(bucket, worker_id, obey, stopping.signal, log);
  return {
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}

async function watch(
  bucket: KV,
  key: string,
  take: (entry: KvEntry | null) => Promise<void>,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const entries = await bucket.watch({ key });
      signal.addEventListener('abort', () => entries.stop(), { once: true });
      if (signal.aborted) entries.stop();
      for await (const entry of entries) await take(entry);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, 'watching the own quarantine entry failed, trying again');
    }
    await pause(300, signal);
  }
}
