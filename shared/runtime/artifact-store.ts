import { createHash } from 'node:crypto';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import {
  ALL_ARTIFACT_CHUNKS,
  ALL_ARTIFACT_METAS,
  ARTIFACTS_STREAM,
  type ArtifactMeta,
  artifactChunksSubject,
  artifactDigest,
  artifactMeta,
  artifactMetaSubject,
  MAX_ARTIFACTS_BYTES,
} from '../contracts/artifact.ts';
import { BenchwireError, messageOf } from './errors.ts';
import { parseJson } from './issues.ts';
import { backoffMs, pause } from './lifecycle.ts';
import type { NatsConnection } from './nats.ts';
import { MIN_STORE_BYTES } from './stream-size.ts';
import { ensureStream, type StreamOptions } from './streams.ts';

/** Of the room for all streams: those with a cap have half, those without one must not be refused. */
const SHARE_OF_STORE = 0.15;
/** Tries of one question, over about half a minute: a server that starts again is back by then. */
const TRIES = 12;

export interface StoredArtifact {
  meta: ArtifactMeta;
  /** When it was stored, or named by a request last. */
  used_at: Date;
}

/** Creates the object store for files of requests, or makes its cap follow the room that there is. */
export async function ensureArtifacts(
  connection: NatsConnection,
  { replicas, store_bytes }: StreamOptions,
): Promise<void> {
  const share = store_bytes === undefined ? MAX_ARTIFACTS_BYTES : Math.floor(store_bytes * SHARE_OF_STORE);
  await ensureStream(await jetstreamManager(connection), {
    name: ARTIFACTS_STREAM,
    subjects: [ALL_ARTIFACT_CHUNKS, ALL_ARTIFACT_METAS],
    storage: StorageType.File,
    num_replicas: replicas,
    retention: RetentionPolicy.Limits,
    // A file of which a part was dropped is none: a full store refuses new ones.
    discard: DiscardPolicy.New,
    max_bytes: Math.min(MAX_ARTIFACTS_BYTES, Math.max(MIN_STORE_BYTES / 4, share)),
    allow_rollup_hdrs: true,
    allow_direct: true,
  });
}

/**
 * The files of requests, by hash. Reading takes nothing but single messages, so that a worker may do it; for writing see
 * upload-artifact.ts, for clearing clear-artifacts.ts.
 */
export class ArtifactStore {
  readonly manager: JetStreamManager;

  constructor(manager: JetStreamManager) {
    this.manager = manager;
  }

  static async open(connection: NatsConnection): Promise<ArtifactStore> {
    return new ArtifactStore(await jetstreamManager(connection, { checkAPI: false }));
  }

  /** Undefined for a file that is not there, or not whole yet. */
  async find(sha256: string, signal?: AbortSignal): Promise<StoredArtifact | undefined> {
    return await this.read(artifactMetaSubject(sha256), signal);
  }

  /** As `find`, by the subject of its meta. */
  async read(subject: string, signal?: AbortSignal): Promise<StoredArtifact | undefined> {
    const message = await this.message({ last_by_subj: subject }, signal);
    if (message === null) return undefined;
    const parsed = parseJson(artifactMeta, message.data);
    if (!parsed.ok || parsed.value.deleted === true) return undefined;
    return { meta: parsed.value, used_at: message.time };
  }

  /**
   * The content of a file, piece by piece, checked at the end.
   * @throws BenchwireError ARTIFACT_MISSING, ARTIFACT_DAMAGED; UNREACHABLE when NATS stays away; the signal's reason
   */
  async *content(sha256: string, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const stored = await this.find(sha256, signal);
    if (stored === undefined) throw missing(sha256);
    const { nuid, chunks, size } = stored.meta;
    const hash = createHash('sha256');
    let bytes = 0;
    for (let chunk = 0, seq = 1; chunk < chunks; chunk++) {
      // The client's type does not know `next_by_subj`, the server does since 2.9.
      const next = { seq, next_by_subj: artifactChunksSubject(nuid) };
      const message = await this.message(next, signal);
      if (message === null) throw missing(sha256);
      const { data } = message;
      seq = message.seq + 1;
      bytes += data.length;
      hash.update(data);
      yield data;
    }
    if (bytes !== size || hash.digest('hex') !== sha256)
      throw new BenchwireError(
        'ARTIFACT_DAMAGED',
        `what the server keeps as the file ${sha256} has another content: upload it again`,
      );
  }

  /** Takes it away, whole or in parts. */
  async remove(meta: Pick<ArtifactMeta, 'name' | 'nuid'>): Promise<void> {
    await this.manager.streams.purge(ARTIFACTS_STREAM, { filter: artifactMetaSubject(meta.name) });
    await this.manager.streams.purge(ARTIFACTS_STREAM, { filter: artifactChunksSubject(meta.nuid) });
  }

  /** One message of the stream. A server that is away is asked again for a while: reading changes nothing. */
  async message(
    query: { last_by_subj: string } | { seq: number; next_by_subj: string },
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<JetStreamManager['streams']['getMessage']>>> {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await this.manager.streams.getMessage(ARTIFACTS_STREAM, query);
      } catch (error) {
        if (error instanceof JetStreamApiError && error.status === 404) return null;
        if (attempt >= TRIES)
          throw new BenchwireError(
            'UNREACHABLE',
            `the files of requests cannot be read from NATS: ${messageOf(error)}`,
            {
              retriable: true,
              cause: error,
            },
          );
        await pause(backoffMs(attempt, 100, 5000, Math.random), signal);
      }
    }
  }
}

/** Meta of a file in our own layout: its chunks are under its hash. */
export function metaOf(sha256: string, size: number, chunks: number): ArtifactMeta {
  return { name: sha256, nuid: sha256, size, chunks, digest: artifactDigest(sha256) };
}

function missing(sha256: string): BenchwireError {
  return new BenchwireError(
    'ARTIFACT_MISSING',
    `the server does not have the file ${sha256} (any more): submit the request again with \`bw run\`, which uploads it`,
  );
}
