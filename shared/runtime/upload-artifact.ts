import { createHash, randomUUID } from 'node:crypto';
import { JetStreamApiCodes, JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import {
  ARTIFACT_CHUNK_BYTES,
  ARTIFACT_TOUCH_MS,
  type ArtifactMeta,
  artifactChunksSubject,
  artifactMetaSubject,
} from '../contracts/artifact.ts';
import { MAX_ARTIFACT_BYTES } from '../contracts/limits.ts';
import { type ArtifactStore, metaOf } from './artifact-store.ts';
import { makeRoom } from './clear-artifacts.ts';
import { BenchwireError, messageOf } from './errors.ts';
import { backoffMs, pause } from './lifecycle.ts';

/** Hash of the file up to the end of a chunk: who goes on with an upload that broke off checks that it is of the same file. */
const HASH_HEADER = 'Bw-Hash-So-Far';
const INDEX_HEADER = 'Bw-Chunk';
const TRIES = 8;
/** nats-server/server/errors.json: the stream refuses what is more than its cap. */
const STORE_FAILED: ReadonlySet<number> = new Set([10077, 10047]);
const WRONG_SEQUENCE: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]);

export interface UploadOptions {
  store: ArtifactStore;
  client: JetStreamClient;
  sha256: string;
  /** Undefined where it is not known before. */
  size_bytes?: number;
  /** The whole content, in pieces of any size. */
  content: AsyncIterable<Uint8Array>;
  /** Bytes of the file that the server has by now. */
  onProgress?: (bytes: number) => void;
  /** False for who may store files and take none away: a full store then refuses. */
  may_remove?: boolean;
  signal?: AbortSignal;
}

/** What the server has of a file. */
interface Partial {
  chunks: number;
  last_sequence: number;
  hash_so_far: string;
}

/**
 * Stores a file under its hash, unless it is there. What an upload that broke off has left is not sent again, and of several
 * who send the same file each sends what the others have not. The file is there for others once all of it is, and its hash is right.
 * @throws BenchwireError ARTIFACT_TOO_LARGE, ARTIFACTS_FULL, ARTIFACT_WRONG_HASH; ARTIFACT_DISTURBED (retriable), UNREACHABLE
 */
export async function uploadArtifact(options: UploadOptions): Promise<'stored' | 'was there'> {
  const { store, sha256, size_bytes, client, signal, may_remove = true } = options;
  const known = await store.find(sha256, signal);
  if (known !== undefined) {
    await touchArtifact(store, client, sha256);
    return 'was there';
  }
  if (size_bytes !== undefined && size_bytes > MAX_ARTIFACT_BYTES) throw tooLarge(sha256);
  if (size_bytes !== undefined && may_remove) await makeRoom(store, size_bytes);
  const upload = randomUUID();
  const hash = createHash('sha256');
  let there = await whatIsThere(store, sha256, may_remove);
  let bytes = 0;
  let index = 0;
  for await (const chunk of inChunks(options.content)) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    if (bytes > MAX_ARTIFACT_BYTES) throw tooLarge(sha256);
    hash.update(chunk);
    const hash_so_far = hash.copy().digest('hex');
    while (index >= there.chunks) {
      const head = headers();
      head.set(INDEX_HEADER, String(index));
      head.set(HASH_HEADER, hash_so_far);
      const expect = { lastSubjectSequence: there.last_sequence };
      const sequence = await publish(
        client,
        artifactChunksSubject(sha256),
        chunk,
        {
          msgID: `${upload}.${index}`,
          headers: head,
          expect,
        },
        { store, signal, may_remove },
      );
      if (sequence !== 'moved') there = { chunks: index + 1, last_sequence: sequence, hash_so_far };
      else {
        // Somebody else sends the same file, or has begun it anew.
        there = await whatIsThere(store, sha256, may_remove);
        if (there.chunks < index) throw disturbed(sha256);
      }
    }
    if (index === there.chunks - 1 && there.hash_so_far !== hash_so_far) {
      if (may_remove) await store.remove({ name: sha256, nuid: sha256 });
      throw disturbed(sha256);
    }
    index++;
    options.onProgress?.(bytes);
  }
  if (hash.digest('hex') !== sha256 || there.chunks !== index) {
    if (may_remove) await store.remove({ name: sha256, nuid: sha256 });
    throw new BenchwireError(
      'ARTIFACT_WRONG_HASH',
      `the content does not have the sha256 ${sha256}: was the file changed?`,
    );
  }
  await touch(options, metaOf(sha256, bytes, index));
  return 'stored';
}

/** Writes the meta anew: from now on the file is there, and its age counts from now. */
async function touch(
  { store, client, signal, may_remove = true }: Pick<UploadOptions, 'store' | 'client' | 'signal' | 'may_remove'>,
  meta: ArtifactMeta,
): Promise<void> {
  const head = headers();
  head.set('Nats-Rollup', 'sub');
  const payload = new TextEncoder().encode(JSON.stringify(meta));
  const options = { headers: head };
  await publish(client, artifactMetaSubject(meta.name), payload, options, { store, signal, may_remove });
}

/** A request names the file: it is kept for another while. @returns whether it is there */
export async function touchArtifact(store: ArtifactStore, client: JetStreamClient, sha256: string): Promise<boolean> {
  const known = await store.find(sha256);
  if (known === undefined) return false;
  if (known.used_at.getTime() < Date.now() - ARTIFACT_TOUCH_MS) await touch({ store, client }, known.meta);
  return true;
}

async function publish(
  client: JetStreamClient,
  subject: string,
  payload: Uint8Array,
  options: NonNullable<Parameters<JetStreamClient['publish']>[2]>,
  { store, signal, may_remove }: { store: ArtifactStore; signal: AbortSignal | undefined; may_remove: boolean },
): Promise<number | 'moved'> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return (await client.publish(subject, payload, { timeout: 10_000, ...options })).seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && WRONG_SEQUENCE.has(error.code)) return 'moved';
      if (error instanceof JetStreamApiError && STORE_FAILED.has(error.code)) {
        if (attempt > 0 || !may_remove) throw full(error);
        await makeRoom(store, payload.length);
        continue;
      }
      if (attempt >= TRIES)
        throw new BenchwireError('UNREACHABLE', `the file cannot be stored in NATS: ${messageOf(error)}`, {
          retriable: true,
          cause: error,
        });
      await pause(backoffMs(attempt, 100, 5000, Math.random), signal);
    }
  }
}

/** Of an upload that broke off, or goes on elsewhere. What cannot be gone on with is taken away. */
async function whatIsThere(store: ArtifactStore, sha256: string, may_remove: boolean): Promise<Partial> {
  const nothing: Partial = { chunks: 0, last_sequence: 0, hash_so_far: '' };
  const subject = artifactChunksSubject(sha256);
  const last = await store.message({ last_by_subj: subject });
  // Chunks go all together only, so where the first one is there, all up to the last one are.
  const first = await store.message({ seq: 1, next_by_subj: subject });
  if (first === null || last === null) return nothing;
  const index = (message: typeof last): number => Number(message.header.get(INDEX_HEADER) || 'none');
  if (index(first) === 0 && index(last) >= 0)
    return { chunks: index(last) + 1, last_sequence: last.seq, hash_so_far: last.header.get(HASH_HEADER) };
  if (!may_remove) throw disturbed(sha256);
  await store.remove({ name: sha256, nuid: sha256 });
  return nothing;
}

/** Pieces of any size as chunks of one size, the last one shorter. */
async function* inChunks(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + ARTIFACT_CHUNK_BYTES - size);
      parts.push(part);
      size += part.length;
      at += part.length;
      if (size < ARTIFACT_CHUNK_BYTES) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(parts);
}

function tooLarge(sha256: string): BenchwireError {
  const limit = `${MAX_ARTIFACT_BYTES / 1024 ** 3} GiB`;
  return new BenchwireError(
    'ARTIFACT_TOO_LARGE',
    `the file ${sha256} is larger than ${limit}, the limit for a file that is sent to workers`,
  );
}

function full(cause: unknown): BenchwireError {
  return new BenchwireError(
    'ARTIFACTS_FULL',
    `the server's room for files of requests is full: files that no request has named for a day make room, so try again later, name a URL, or put the file into a folder that workers share`,
    { retriable: true, cause },
  );
}

function disturbed(sha256: string): BenchwireError {
  return new BenchwireError('ARTIFACT_DISTURBED', `another upload of ${sha256} got in between: try again`, {
    retriable: true,
  });
}
