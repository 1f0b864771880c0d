import { QUARANTINE_BUCKET, type Quarantine, quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { awaitBucket } from '@benchwire/shared/runtime/streams.ts';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Holds } from './holds.ts';

interface QuarantineOptions {
  nats: NatsConnection;
  replicas: number;
  worker_id: string;
  holds: Holds;
  log: Log;
}

/** Obeys this worker's entry in the `quarantine` bucket: the one that is there at the start, and every change. */
export async function obeyQuarantine(options: QuarantineOptions): Promise<Running> {
  const { nats, worker_id, holds, log } = options;
  const bucket = await awaitBucket(nats, log, QUARANTINE_BUCKET, options.replicas);
  const obey = async ({ quarantined, reason }: Pick<Quarantine, 'quarantined' | 'reason'>): Promise<void> => {
    if (quarantined) await holds.hold('quarantined', reason);
    else await holds.release('quarantined');
  };
  // Before the first job is taken.
  const stored = await bucket.get(worker_id);
  const parsed = stored?.operation === 'PUT' ? parseJson(quarantine, stored.value) : undefined;
  if (parsed?.ok === true) await obey(parsed.value);
  return followBucket({
    ...{ nats, client: jetstream(nats), manager: await jetstreamManager(nats, { checkAPI: false }), log },
    ...{ name: QUARANTINE_BUCKET, key: worker_id, schema: quarantine, put: obey },
    removed: () => holds.release('quarantined'),
  });
}
