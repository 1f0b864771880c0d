import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { DUPLICATE_WINDOW_MS, type StreamDefinition } from '../contracts/streams.ts';
import { messageOf } from './errors.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';

const NANOS_PER_MS = 1_000_000;
/** nats-server/server/errors.json, JSStreamNameExistErr. */
const STREAM_NAME_IN_USE = 10058;

/** Creates the streams that don't exist yet and updates those whose definition has changed. Idempotent, safe to race. */
export async function ensureStreams(
  manager: JetStreamManager,
  definitions: readonly StreamDefinition[],
  replicas: number,
): Promise<void> {
  for (const definition of definitions) {
    const config = configOf(definition, replicas);
    try {
      await manager.streams.add(config);
    } catch (error) {
      // The name is taken by other settings: an older version of ours.
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
      await manager.streams.update(definition.name, config);
    }
  }
}

function configOf(definition: StreamDefinition, replicas: number): Partial<StreamConfig> & { name: string } {
  const { kept } = definition;
  const common = {
    name: definition.name,
    subjects: [definition.subjects],
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOS_PER_MS,
  };
  if (kept === 'until_acked') {
    // Nothing may be dropped to make room: a full stream refuses new runs instead.
    return { ...common, retention: RetentionPolicy.Workqueue, discard: DiscardPolicy.New };
  }
  return {
    ...common,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: kept.max_age_ms * NANOS_PER_MS,
    max_bytes: kept.max_bytes ?? -1,
  };
}

/** Opens a key-value bucket, creating it when it is not there. `ttl_ms` is for every key of the bucket. */
export async function openBucket(
  connection: NatsConnection,
  name: string,
  replicas: number,
  ttl_ms?: number,
): Promise<KV> {
  return await new Kvm(connection).create(name, {
    history: 1,
    replicas,
    storage: StorageType.File,
    ...(ttl_ms === undefined ? {} : { ttl: ttl_ms }),
  });
}

/**
 * Opens a bucket that others create, or creates it where this user may: waits until it is there.
 * @throws whatever ended the connection meanwhile
 */
export async function awaitBucket(
  connection: NatsConnection,
  log: Log,
  ...[name, replicas, ttl_ms]: [name: string, replicas: number, ttl_ms?: number]
): Promise<KV> {
  for (let tries = 0; ; tries++) {
    try {
      return await openBucket(connection, name, replicas, ttl_ms);
    } catch (error) {
      if (connection.isClosed()) throw error;
      if (tries % 20 === 0)
        log.warn({ reason: messageOf(error) }, `waiting for the bucket ${name}: is a scheduler up?`);
      await pause(500);
    }
  }
}
