import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { DUPLICATE_WINDOW_MS, STREAMS, type StreamDefinition } from '../contracts/streams.ts';
import { messageOf } from './errors.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import { cappedBytes, MIN_STORE_BYTES } from './stream-size.ts';

const NANOS_PER_MS = 1_000_000;
/** nats-server/server/errors.json */
const STREAM_NAME_IN_USE = 10058;
const INSUFFICIENT_STORAGE = 10047;
const STREAM_NOT_FOUND = 10059;
/** Tries for a bucket, one each half second, between two lines in the log. */
const WARN_EVERY = 10;

export interface StreamOptions {
  /** Copies of each stream. */
  replicas: number;
  /** Room for all streams on the server's disk, where it is known: caps follow it. */
  store_bytes?: number | undefined;
}

/**
 * Creates the streams that don't exist yet and updates those whose definition has changed. Idempotent, safe to race. A cap that
 * the server has no room for is made smaller, but never less than what the stream holds: that would throw away its oldest messages.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  definitions: readonly StreamDefinition[],
  options: number | StreamOptions,
): Promise<void> {
  const { replicas, store_bytes } =
    typeof options === 'number' ? { replicas: options, store_bytes: undefined } : options;
  for (const definition of definitions) {
    const max_bytes = cappedBytes(definition, STREAMS, store_bytes);
    await ensureStream(manager, configOf(definition, replicas, max_bytes));
  }
}

/** All streams of the contracts, over a connection that has no use for JetStream otherwise. */
export async function ensureAllStreams(connection: NatsConnection, options: StreamOptions): Promise<void> {
  await ensureStreams(await jetstreamManager(connection), STREAMS, options);
}

type OurConfig = Partial<StreamConfig> & { name: string };

/** Looks first: a server counts the cap of a stream that is there a second time when it is to be created again. */
export async function ensureStream(manager: JetStreamManager, config: OurConfig): Promise<void> {
  const there = await streamInfo(manager, config.name);
  if (there === undefined) await create(manager, config);
  else await change(manager, config, there);
}

async function create(manager: JetStreamManager, config: OurConfig): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    const { max_bytes = -1 } = config;
    if (isCode(error, STREAM_NAME_IN_USE)) await ensureStream(manager, config);
    else if (isCode(error, INSUFFICIENT_STORAGE) && max_bytes > MIN_STORE_BYTES)
      await create(manager, { ...config, max_bytes: Math.floor(max_bytes / 2) });
    else throw error;
  }
}

async function change(manager: JetStreamManager, config: OurConfig, there: StreamInfo): Promise<void> {
  const wanted = { ...config };
  if (wanted.max_bytes !== undefined && wanted.max_bytes > 0)
    wanted.max_bytes = Math.max(wanted.max_bytes, there.state.bytes);
  const same = (Object.keys(wanted) as (keyof OurConfig)[]).every(
    (name) => JSON.stringify(wanted[name]) === JSON.stringify(there.config[name]),
  );
  if (same) return;
  try {
    await manager.streams.update(config.name, wanted);
  } catch (error) {
    // It has grown smaller where there was no room, and there still is none.
    if (!isCode(error, INSUFFICIENT_STORAGE)) throw error;
  }
}

async function streamInfo(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isCode(error, STREAM_NOT_FOUND)) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;

function configOf(definition: StreamDefinition, replicas: number, max_bytes: number | undefined): OurConfig {
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
    max_bytes: max_bytes ?? -1,
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
      // At a normal start all of them come up together.
      if (tries % WARN_EVERY === WARN_EVERY - 1)
        log.warn({ reason: messageOf(error) }, `waiting for the bucket ${name}: is a scheduler up?`);
      await pause(500);
    }
  }
}
