import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import { badModel } from '@benchwire/shared/model/errors.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { fileInFolders, type ModelSourceOptions } from './file-in-folders.ts';

export interface FoundFile {
  path: string;
  /** What the file names itself has to be inside of one of these. */
  roots: readonly string[];
}

/**
 * A file that the request named by its content: in the model folders, where it was read or by the name that the task wrote, as
 * long as it is the same; else fetched. Undefined for one that the request only named by its path. Throws `TaskFailure`.
 */
export async function findSentFile(
  named: string,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<FoundFile | undefined> {
  const sent = options.sent?.find(({ path }) => path === named);
  if (sent === undefined) return undefined;
  const isHere = sent.local?.hostname === (options.hostname ?? hostname());
  const paths = [...(isHere && sent.local !== undefined ? [sent.local.path] : []), named];
  for (const each of paths) {
    const path = await fileInFolders(each, options).catch(() => undefined);
    if (path !== undefined && (await isSame(path, sent, options, signal)))
      return { path, roots: options.model_folders };
  }
  if (sent.only_local === true) {
    const where = isHere
      ? `${sent.local?.path} is not in this worker's model folders, or was changed since`
      : `this is not ${sent.local?.hostname}`;
    throw badModel(
      'FILE_NOT_SENT',
      `${named} was too large to be sent to workers, and ${where}: add its folder to WORKER_MODEL_DIRS there, or name an https URL.`,
    );
  }
  if (options.fetched === undefined) return undefined;
  const path = await options.fetched.get(sent.parts, signal);
  return { path, roots: [folderOf(path, sent)] };
}

/** The folder that all parts are in. */
function folderOf(path: string, { parts }: RequestFile): string {
  const depth = (parts[0]?.name ?? '').split('/').length;
  return Array.from({ length: depth }).reduce<string>((folder) => dirname(folder), path);
}

async function isSame(
  path: string,
  { parts }: RequestFile,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const hashes = options.hashes ?? new FileHashes();
  try {
    for (const [index, part] of parts.entries()) {
      const file = index === 0 ? path : join(dirname(path), part.name);
      if ((await hashes.sha256(file, signal)) !== part.sha256) return false;
    }
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
