import {
  ALL_ARTIFACT_CHUNKS,
  ALL_ARTIFACT_METAS,
  ARTIFACT_KEPT_MS,
  ARTIFACT_SAFE_MS,
  ARTIFACTS_STREAM,
  artifactChunksSubject,
} from '../contracts/artifact.ts';
import type { ArtifactStore, StoredArtifact } from './artifact-store.ts';
import { BenchwireError } from './errors.ts';

/** Headers and names that the server counts in, for each file. */
const OVERHEAD_BYTES = 64 * 1024;

/**
 * Makes sure that a file fits: files that no request has named for a day go, those first that were named longest ago.
 * @throws BenchwireError ARTIFACT_TOO_LARGE for one that can never fit, ARTIFACTS_FULL
 */
export async function makeRoom(store: ArtifactStore, size_bytes: number, now = Date.now()): Promise<void> {
  const { config, state } = await store.manager.streams.info(ARTIFACTS_STREAM);
  const room = config.max_bytes;
  if (room <= 0) return;
  const wanted = size_bytes + OVERHEAD_BYTES;
  if (wanted > room)
    throw new BenchwireError(
      'ARTIFACT_TOO_LARGE',
      `the file has ${megabytes(size_bytes)}, and the server has room for ${megabytes(room)} of files in all`,
    );
  let free = room - state.bytes;
  if (free >= wanted) return;
  const old = (await listArtifacts(store)).filter(({ used_at }) => used_at.getTime() < now - ARTIFACT_SAFE_MS);
  for (const { meta } of old) {
    if (free >= wanted) break;
    await store.remove(meta);
    free += meta.size;
  }
  if (free < wanted)
    throw new BenchwireError(
      'ARTIFACTS_FULL',
      `the server's room for files of requests (${megabytes(room)}) is full, and all of them were named within the last day: try again later, name a URL, or put the file into a folder that workers share`,
      { retriable: true },
    );
}

/** All files, those first that were named longest ago. */
export async function listArtifacts(store: ArtifactStore): Promise<StoredArtifact[]> {
  const subjects = await subjectsBelow(store, ALL_ARTIFACT_METAS);
  const found: StoredArtifact[] = [];
  for (const subject of subjects) {
    const stored = await store.read(subject);
    if (stored !== undefined) found.push(stored);
  }
  return found.toSorted((a, b) => a.used_at.getTime() - b.used_at.getTime());
}

/**
 * Takes away what no request has named for a week, and what is left of uploads that broke off a day ago.
 * @returns how many files went
 */
export async function clearArtifacts(store: ArtifactStore, now = Date.now()): Promise<number> {
  let cleared = 0;
  const kept = new Set<string>();
  for (const { meta, used_at } of await listArtifacts(store)) {
    if (used_at.getTime() >= now - ARTIFACT_KEPT_MS) kept.add(artifactChunksSubject(meta.nuid));
    else {
      await store.remove(meta);
      cleared++;
    }
  }
  for (const subject of await subjectsBelow(store, ALL_ARTIFACT_CHUNKS)) {
    if (kept.has(subject)) continue;
    const last = await store.manager.streams.getMessage(ARTIFACTS_STREAM, { last_by_subj: subject });
    if (last === null || last.time.getTime() >= now - ARTIFACT_SAFE_MS) continue;
    await store.manager.streams.purge(ARTIFACTS_STREAM, { filter: subject });
    cleared++;
  }
  return cleared;
}

async function subjectsBelow(store: ArtifactStore, filter: string): Promise<string[]> {
  const { state } = await store.manager.streams.info(ARTIFACTS_STREAM, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {});
}

const megabytes = (bytes: number): string =>
  `${(bytes / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} MB`;
