import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import type { z } from 'zod';
import type { Issue } from '../contracts/request.ts';
import { Beside } from './beside.ts';
import type { Running } from './consume.ts';
import { messageOf } from './errors.ts';
import { parseJson } from './issues.ts';
import { LimitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { nextSequence, untilRead } from './read-to-end.ts';
import { reject } from './reject.ts';
import { Slice } from './slices.ts';
import { type JetStream, Tail } from './tail.ts';

const KEEP_MS = 5000;
/** Entries that are taken out at once. */
const MAX_DISCARDING = 64;
/** Changes that may wait in memory. */
const MAX_BUFFERED = 1000;

export interface FollowOptions<T> extends JetStream {
  name: string;
  /** For taking out what cannot be read, after it was kept in REJECTED; without it such an entry is only logged. */
  bucket?: KV;
  /** Only this entry; all of them without it. */
  key?: string;
  schema: z.ZodType<T>;
  /** Which keys are entries of this schema; the others are left alone. All by default. */
  is_entry?: (key: string) => boolean;
  put(value: T, key: string): unknown;
  /** An entry was taken out, or cannot be read any more. */
  removed?(key: string): unknown;
  log: Pick<Log, 'warn' | 'error'>;
}

export interface FollowedBucket extends Running {
  /** Resolves when everything that was stored at the start is known; rejects when it is stopped before. */
  known: Promise<void>;
}

/** An entry of a bucket as its stream holds it. */
type BucketEntry = Pick<KvEntry, 'key' | 'value' | 'revision'> & { is_removed: boolean };

/**
 * Hands on every entry of a bucket as it is now and from now on, whatever happens to the connection, to the server or to
 * what it is read with: a bucket is a stream, and is read as one. What went away unseen, with a bucket that was made
 * anew or a server that has lost its end, is `removed`, too.
 */
export function followBucket<T>(options: FollowOptions<T>): FollowedBucket {
  const { name, key = '>', nats, client, manager, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const limited = new LimitedLog(log);
  const entries = new Entries(options, limited);
  const filter = `$KV.${name}.${key}`;
  let position = 0;

  /** Reads from the start; resolves when that has to be done once more. */
  const readOnce = async (): Promise<void> => {
    const lost = new AbortController();
    const until = AbortSignal.any([signal, lost.signal]);
    const tail = new Tail(
      { nats, client, manager },
      {
        ...{ stream: streamOf(name), filter, from: { after: 0 }, max_buffered: MAX_BUFFERED, signal: until },
        onError: (error) => limited.warn({ err: error, bucket: name }, 'following a bucket failed, trying again'),
        onLoss: () => lost.abort(),
      },
    );
    position = 0;
    const unseen = new Set(entries.present);
    if (unseen.size > 0)
      untilRead(manager, { stream: streamOf(name), filter, position: () => position }, until).then(
        () => entries.drop(unseen),
        () => {},
      );
    const slice = new Slice();
    for await (const { item } of tail) {
      if (item === undefined) continue;
      const entry = entryOf(item, name);
      unseen.delete(entry.key);
      await entries.take(entry);
      position = entry.revision;
      await slice.rest();
    }
  };
  const following = (async () => {
    while (!signal.aborted) await readOnce();
  })();
  const known = untilRead(manager, { stream: streamOf(name), filter, position: () => position }, signal);
  // The code that waits for it gets it; nothing does once this is stopped.
  known.catch(() => undefined);
  return {
    known,
    stop: async () => {
      stopping.abort();
      await following;
      await entries.settled();
    },
  };
}

/** Hands entries on, and knows which keys its reader has. */
class Entries<T> {
  /** Keys of what was put and not removed. */
  readonly present = new Set<string>();
  readonly #options: FollowOptions<T>;
  readonly #limited: LimitedLog;
  readonly #discarding = new Beside(MAX_DISCARDING);

  constructor(options: FollowOptions<T>, limited: LimitedLog) {
    this.#options = options;
    this.#limited = limited;
  }

  async take(entry: BucketEntry): Promise<void> {
    const { bucket, name, client, schema, put, removed, is_entry } = this.#options;
    const { key, value, is_removed } = entry;
    if (is_entry?.(key) === false) return;
    const parsed = is_removed ? undefined : parseJson(schema, value);
    if (parsed?.ok === true) {
      this.present.add(key);
      await put(parsed.value, key);
      return;
    }
    this.present.delete(key);
    await removed?.(key);
    if (parsed === undefined) return;
    // Beside the others, which must not wait for it.
    const log = this.#limited;
    if (bucket !== undefined)
      await this.#discarding.add(discardEntry({ bucket, name, client, log }, entry, parsed.issues));
    else log.error({ bucket: name, key, issues: parsed.issues.slice(0, 3) }, 'an entry cannot be read; left alone');
  }

  async drop(keys: ReadonlySet<string>): Promise<void> {
    for (const key of keys) {
      this.present.delete(key);
      await this.#options.removed?.(key);
    }
  }

  settled(): Promise<void> {
    return this.#discarding.settled();
  }
}

function entryOf({ subject, data, seq, headers }: JsMsg, name: string): BucketEntry {
  const operation = headers?.get('KV-Operation') ?? '';
  // Servers that take out what is too old leave a marker of their own.
  const is_removed = operation === 'DEL' || operation === 'PURGE' || headers?.has('Nats-Marker-Reason') === true;
  return { key: subject.slice(`$KV.${name}.`.length), value: data, revision: seq, is_removed };
}

/**
 * Keeps an entry that cannot be read in REJECTED, and takes it out of its bucket unless it has been replaced meanwhile.
 * What cannot be kept stays where it is; nobody has to wait for it.
 */
export async function discardEntry(
  {
    bucket,
    name,
    client,
    log,
  }: Pick<FollowOptions<unknown>, 'name' | 'client'> & { bucket: KV; log: Pick<LimitedLog, 'warn' | 'error'> },
  entry: Pick<KvEntry, 'key' | 'value' | 'revision'>,
  issues: readonly Issue[],
): Promise<void> {
  const { key, value: raw, revision } = entry;
  log.error(
    { bucket: name, key, issues: issues.slice(0, 3) },
    'an entry cannot be read; it goes to REJECTED and is removed',
  );
  try {
    const message = { subject: `$KV.${name}.${key}`, raw, id: `kv.${name}.${revision}` };
    await reject(client, 'kv', message, issues, AbortSignal.timeout(KEEP_MS));
    await bucket.delete(key, { previousSeq: revision });
  } catch (error) {
    log.warn({ bucket: name, key, reason: messageOf(error) }, 'could not remove an entry that cannot be read');
  }
}

/**
 * The entries that a bucket holds now, in the order in which they were written. Not `KV.keys`, which counts what is
 * pending and so may wait for ever.
 */
export async function* bucketEntries(
  manager: JetStreamManager,
  bucket: KV,
  name: string,
  filter = '>',
): AsyncGenerator<KvEntry> {
  const prefix = `$KV.${name}.`;
  const { last_seq } = (await manager.streams.info(streamOf(name))).state;
  for (let after = 0; after < last_seq; ) {
    const next = await nextSequence(manager, streamOf(name), after, `${prefix}${filter}`);
    if (next === undefined || next.sequence > last_seq) return;
    after = next.sequence;
    const entry = await bucket.get(next.subject.slice(prefix.length));
    // One that has been written again meanwhile comes as it is now.
    if (entry?.operation === 'PUT') yield entry;
  }
}

const streamOf = (name: string): string => `KV_${name}`;
