import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { FilePart } from '@benchwire/shared/contracts/request-file.ts';
import { badModel, messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { sha256OfFile } from '@benchwire/shared/model/sha256.ts';
import type { ArtifactStore } from '@benchwire/shared/runtime/artifact-store.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { sha256OfParts } from '@benchwire/shared/runtime/sha256-of-parts.ts';
import { type CacheFolder, ensureCacheFolder } from './cache-folder.ts';

export interface FetchedFilesOptions {
  /** They stay here, in `files/<sha256>/`, until others need the room. */
  cache_folder: CacheFolder;
  /** Of all of them together. */
  max_bytes: number;
  store: Pick<ArtifactStore, 'find' | 'content'>;
}

/** What was used so lately may be about to be opened, also by another worker with the same folder. */
const IN_USE_MS = 15 * 60_000;
/** Of a fetch that broke off with its worker. */
const LEFT_BEHIND_MS = 24 * 3_600_000;
/** Left free on the disk. */
const SPARE_BYTES = 256 * 1024 ** 2;

/** Files of requests that this worker does not have: fetched from the stack's object store, and kept by their hash. */
export class FetchedFiles {
  readonly #options: FetchedFilesOptions;

  constructor(options: FetchedFilesOptions) {
    this.#options = options;
  }

  /** Where a file is that a request names by its hash only; undefined where the stack does not have it. */
  async byHash(sha256: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const stored = await this.#options.store.find(sha256, signal);
    if (stored === undefined) return undefined;
    return await this.get([{ name, sha256, size_bytes: stored.meta.size }], signal);
  }

  /**
   * Where the first of the parts is, the others beside it; fetched where they are not there, or no longer what they were.
   * Throws `TaskFailure`.
   */
  async get(parts: readonly FilePart[], signal: AbortSignal): Promise<string> {
    const { cache_folder } = this.#options;
    await ensureCacheFolder(cache_folder);
    const all = join(cache_folder.path, 'files');
    const folder = join(all, sha256OfParts(parts));
    const first = join(folder, parts[0]?.name ?? '');
    const now = new Date();
    // Used from now on, before it is looked at: the code that makes room leaves it alone then.
    await utimes(folder, now, now).catch(() => undefined);
    if (await isWhole(folder, parts, signal)) return first;
    await mkdir(all, { recursive: true, mode: 0o700 });
    const size_bytes = parts.reduce((sum, part) => sum + part.size_bytes, 0);
    await this.#makeRoom(all, size_bytes);
    const making = join(all, `${randomUUID()}.part`);
    try {
      for (const part of parts) await this.#fetch(part, join(making, part.name), signal);
      await rm(folder, { recursive: true, force: true });
      await rename(making, folder).catch(async (error: unknown) => {
        // Another attempt was faster.
        if (!(await isWhole(folder, parts, signal))) throw error;
      });
      return first;
    } catch (error) {
      signal.throwIfAborted();
      throw asFailure(error, parts);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }

  async #fetch({ sha256 }: FilePart, path: string, signal: AbortSignal): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(this.#options.store.content(sha256, signal), createWriteStream(path, { flags: 'wx' }), { signal });
  }

  /** What was used longest ago goes until there is room for so much more. */
  async #makeRoom(all: string, size_bytes: number): Promise<void> {
    const { max_bytes } = this.#options;
    if (size_bytes > max_bytes)
      throw new TaskFailure(
        taskError(
          'unknown',
          'FILES_TOO_LARGE',
          `the files of this task have ${mb(size_bytes)}, and this worker keeps ${mb(max_bytes)} at most: its operator can raise WORKER_FILES_MAX_MB`,
          true,
        ),
      );
    const entries = await entriesOf(all);
    let used = entries.reduce((sum, entry) => sum + entry.size_bytes, 0);
    const { bavail, bsize } = await statfs(all);
    let free = bavail * bsize;
    for (const { path, size_bytes: own, used_ms } of entries) {
      const isLeft = path.endsWith('.part');
      if (used + size_bytes <= max_bytes && free - SPARE_BYTES >= size_bytes && !isLeft) break;
      if (used_ms > Date.now() - (isLeft ? LEFT_BEHIND_MS : IN_USE_MS)) continue;
      await rm(path, { recursive: true, force: true });
      used -= own;
      free += own;
    }
    if (free - SPARE_BYTES < size_bytes)
      throw new TaskFailure(
        taskError(
          'unknown',
          'FILES_NO_ROOM',
          `the files of this task have ${mb(size_bytes)}, and ${all} on the worker has ${mb(free)} free`,
          true,
        ),
      );
  }
}

interface Entry {
  path: string;
  size_bytes: number;
  used_ms: number;
}

/** Those first that were used longest ago. */
async function entriesOf(all: string): Promise<Entry[]> {
  const names = await readdir(all);
  const entries = await Promise.all(
    names.map(async (name): Promise<Entry[]> => {
      const path = join(all, name);
      try {
        const files = await readdir(path, { recursive: true, withFileTypes: true });
        const sizes = await Promise.all(
          files
            .filter((file) => file.isFile())
            .map(async (file) => (await stat(join(file.parentPath, file.name))).size),
        );
        return [{ path, size_bytes: sizes.reduce((sum, size) => sum + size, 0), used_ms: (await stat(path)).mtimeMs }];
      } catch {
        return []; // gone since it was listed
      }
    }),
  );
  return entries.flat().toSorted((a, b) => a.used_ms - b.used_ms);
}

/** The hashes are looked at again: a disk that was full, or somebody, may have changed a file. */
async function isWhole(folder: string, parts: readonly FilePart[], signal: AbortSignal): Promise<boolean> {
  try {
    for (const { name, size_bytes } of parts) if ((await stat(join(folder, name))).size !== size_bytes) return false;
    for (const { name, sha256 } of parts) if ((await sha256OfFile(join(folder, name), signal)) !== sha256) return false;
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function asFailure(error: unknown, parts: readonly FilePart[]): unknown {
  const name = parts[0]?.name ?? 'a file';
  if (error instanceof BenchwireError && (error.code === 'ARTIFACT_MISSING' || error.code === 'ARTIFACT_DAMAGED'))
    return badModel('FILE_NOT_IN_STORE', `${name}: ${error.message}`);
  const isOfSystem = error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));
  if (!isOfSystem && !(error instanceof BenchwireError)) return error;
  return new TaskFailure(
    taskError('unknown', 'FILE_NOT_FETCHED', `${name} could not be fetched: ${messageOf(error)}`, true),
  );
}

const mb = (bytes: number): string => `${(bytes / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} MB`;
