import { CHECKPOINTS_BUCKET, CHECKPOINTS_TTL_MS } from '@benchwire/shared/contracts/checkpoint.ts';
import { QUARANTINE_BUCKET } from '@benchwire/shared/contracts/quarantine.ts';
import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { WORKERS_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { ensureArtifacts } from '@benchwire/shared/runtime/artifact-store.ts';
import { closeNats, connectNats, type NatsOptions } from '@benchwire/shared/runtime/nats.ts';
import { cappedBytes } from '@benchwire/shared/runtime/stream-size.ts';
import { ensureAllStreams, openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { DataPaths } from './paths.ts';
import type { ServerHandle } from './server-handle.ts';
import { storeRoom } from './store-size.ts';

/**
 * Creates the streams, and makes their caps follow the disk as it is today, before anybody writes to them. NATS is started with
 * enough room for the caps of yesterday; where these were too large it is started again with what there is.
 * @returns the room for all streams, in MB, for the services
 */
export async function fitStreams(
  server: ServerHandle,
  login: NatsOptions,
  paths: DataPaths,
  say: (text: string) => void,
): Promise<number> {
  const before = storeRoom(paths.nats);
  const store_mb = Math.floor(before.budget_bytes / 1e6);
  const connection = await connectNats('stack', login, false);
  try {
    await ensureAllStreams(connection, { replicas: 1, store_bytes: store_mb * 1e6 });
    await ensureArtifacts(connection, { replicas: 1, store_bytes: store_mb * 1e6 });
    // Workers may not create what they need, and may be the first to need it.
    await openBucket(connection, WORKERS_BUCKET, 1);
    await openBucket(connection, QUARANTINE_BUCKET, 1);
    await openBucket(connection, CHECKPOINTS_BUCKET, 1, CHECKPOINTS_TTL_MS);
  } finally {
    await closeNats(connection);
  }
  const small = STREAMS.filter((each) => each.kept !== 'until_acked' && each.kept.max_bytes !== undefined).flatMap(
    (each) => {
      const cap = cappedBytes(each, STREAMS, store_mb * 1e6);
      return each.kept !== 'until_acked' && cap !== each.kept.max_bytes ? [`${each.name} ${inMb(cap ?? 0)}`] : [];
    },
  );
  if (small.length > 0) {
    say(
      `${inMb(before.free_bytes)} are free for ${paths.root}: streams with a cap keep less than usual (${small.join(', ')}).`,
    );
  }
  if (before.store_bytes > before.budget_bytes) await server.restart();
  return store_mb;
}

const inMb = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
