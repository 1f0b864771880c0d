import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV, KvEntry } from '@nats-io/kv';
import type { z } from 'zod';
import type { Issue } from '../contracts/request.ts';
import { Beside } from './beside.ts';
import type { Running } from './consume.ts';
import { messageOf } from './errors.ts';
import { parseJson } from './issues.ts';
import { pause } from './lifecycle.ts';
import { LimitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { nextSequence, untilRead } from './read-to-end.ts';
import { reject } from './reject.ts';
import { Slice } from './slices.ts';

const AGAIN_MS = 300;
const KEEP_MS = 5000;
/** Entries that are taken out at once. */
const MAX_DISCARDING = 64;

export interface FollowOptions<T> {
  bucket: KV;
  /** Its name. */
  name: string;
  schema: z.ZodType<T>;
  /** Which keys are entries of this schema; the others are left alone. All by default. */
  is_entry?: (key: string) => boolean;
  put(value: T, key: string): void;
  /** An entry was taken out, or cannot be read any more. */
  removed?(key: string): void;
  client: JetStreamClient;
  manager: JetStreamManager;
  log: Log;
}

export interface FollowedBucket extends Running {
  /** Resolves when everything that was stored at the start is known; rejects when it is stopped before. */
  known: Promise<void>;
}

/** Hands on every entry of a bucket as it is now and from now on. One that cannot be read goes to REJECTED and is removed. */
export function followBucket<T>(options: FollowOptions<T>): FollowedBucket {
  const { bucket, name, schema, put, removed, manager, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let position = 0;
  const discarding = new Beside(MAX_DISCARDING);
  const limited = new LimitedLog(options.log);

  const take = async (entry: KvEntry): Promise<void> => {
    position = Math.max(position, entry.revision);
    if (options.is_entry?.(entry.key) === false) return;
    const parsed = entry.operation === 'PUT' ? parseJson(schema, entry.value) : undefined;
    if (parsed?.ok === true) put(parsed.value, entry.key);
    else removed?.(entry.key);
    // Beside the others, which must not wait for it.
    if (parsed?.ok === false) await discarding.add(discardEntry({ ...options, log: limited }, entry, parsed.issues));
  };
  const following = (async () => {
    while (!signal.aborted) {
      try {
        const entries = await bucket.watch();
        const stop = (): void => entries.stop();
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) stop();
        const slice = new Slice();
        for await (const entry of entries) {
          await take(entry);
          await slice.rest();
        }
        signal.removeEventListener('abort', stop);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, bucket: name }, 'watching a bucket failed, trying again');
      }
      await pause(AGAIN_MS, signal);
    }
  })();
  const known = untilRead(manager, { stream: streamOf(name), position: () => position }, signal);
  // Whoever waits for it hears of it; nobody does once this is stopped.
  known.catch(() => undefined);
  return {
    known,
    stop: async () => {
      stopping.abort();
      await following;
      await discarding.settled();
    },
  };
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
  }: Pick<FollowOptions<unknown>, 'bucket' | 'name' | 'client'> & { log: Pick<LimitedLog, 'warn' | 'error'> },
  entry: KvEntry,
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
