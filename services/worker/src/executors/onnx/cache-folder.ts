import { lstat, mkdir, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';

/** Where downloaded models are kept. */
export interface CacheFolder {
  path: string;
  /** Nobody has named it, so it has to be this user's alone; a volume that an operator mounts may be root's. */
  is_default: boolean;
}

/** `benchwire/models` in the user's folder for caches (XDG base directories); without a home in the temporary folder, under the user's number. */
export function cacheFolder(named: string | undefined, env: Readonly<Record<string, string | undefined>>): CacheFolder {
  if (named !== undefined) return { path: named, is_default: false };
  const { XDG_CACHE_HOME: cache = '', HOME: home = '' } = env;
  const base = isAbsolute(cache) ? cache : isAbsolute(home) && home !== '/' ? join(home, '.cache') : undefined;
  const path =
    base === undefined ? join(tmpdir(), `benchwire-cache-${userInfo().uid}`) : join(base, 'benchwire', 'models');
  return { path, is_default: true };
}

/**
 * Makes the folder, readable by this user only, or makes sure that nobody else has made it: anyone who owns it can put other
 * models there than those that are to be measured.
 * @throws TaskFailure that says whose it is and what to do
 */
export async function ensureCacheFolder({ path, is_default }: CacheFolder): Promise<void> {
  let reason: string | undefined;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const found = await (is_default ? lstat(path) : stat(path));
    const uid = process.getuid?.();
    if (!found.isDirectory()) reason = 'is not a folder';
    else if (uid !== undefined && found.uid !== uid && (is_default || found.uid !== 0)) {
      reason = `belongs to the user with the number ${found.uid}`;
    } else if (is_default && uid !== undefined && (found.mode & 0o022) !== 0) reason = 'can be written to by others';
  } catch (error) {
    reason = `cannot be made (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
  }
  if (reason === undefined) return;
  const message = `the worker's folder for downloaded models, ${path}, ${reason}: its operator has to correct that, or name another in WORKER_CACHE_DIR`;
  throw new TaskFailure(taskError('unknown', 'CACHE_NOT_USABLE', message, true));
}
