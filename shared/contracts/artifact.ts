import { z } from 'zod';

/**
 * Object store of NATS with the files of requests, each under its SHA-256, so that a worker gets models that it does not have.
 * The layout is that of every NATS client's object store (ADR-20 of NATS), so `nats object ls artifacts` lists them; docs/adr/045.
 * Since 0.5.
 */
export const ARTIFACTS_BUCKET = 'artifacts';
export const ARTIFACTS_STREAM = `OBJ_${ARTIFACTS_BUCKET}`;
/** All files together, where the disk has room for so many; else 15 % of the room for streams. */
export const MAX_ARTIFACTS_BYTES = 10 * 1024 ** 3;
/** A file that no request has named for so long goes. */
export const ARTIFACT_KEPT_MS = 7 * 24 * 3_600_000;
/** A file that was named within this time does not make room for another one. */
export const ARTIFACT_SAFE_MS = 24 * 3_600_000;
/** So often it is noted at most that a request names a file. */
export const ARTIFACT_TOUCH_MS = 3_600_000;
/** Of one message; as JSON, with base64, it is less than what any NATS server lets through. */
export const ARTIFACT_CHUNK_BYTES = 512 * 1024;

/** Where the bytes of one file are, in order. @param nuid - of the file's meta; ours are the hash itself */
export function artifactChunksSubject(nuid: string): string {
  return `$O.${ARTIFACTS_BUCKET}.C.${nuid}`;
}
/** Where the meta of one file is: it is there once the whole file is. */
export function artifactMetaSubject(name: string): string {
  return `$O.${ARTIFACTS_BUCKET}.M.${Buffer.from(name).toString('base64url')}`;
}
export const ALL_ARTIFACT_CHUNKS = artifactChunksSubject('>');
export const ALL_ARTIFACT_METAS = `$O.${ARTIFACTS_BUCKET}.M.>`;

/** What the object store keeps of a file, as every NATS client writes it. */
export const artifactMeta = z.object({
  name: z.string(),
  nuid: z.string().min(1),
  size: z.int().min(0),
  chunks: z.int().min(0),
  /** `SHA-256=<base64url>`. */
  digest: z.string(),
  deleted: z.boolean().optional(),
});
export type ArtifactMeta = z.infer<typeof artifactMeta>;

export function artifactDigest(sha256: string): string {
  // Padded: other clients compare the texts.
  const text = Buffer.from(sha256, 'hex').toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return `SHA-256=${text}`;
}
