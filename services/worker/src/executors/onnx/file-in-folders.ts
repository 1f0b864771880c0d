import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { MadeOf } from '@benchwire/shared/contracts/model-artifact.ts';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import { badModel } from '@benchwire/shared/model/errors.ts';
import type { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { folderKind } from '@benchwire/shared/model/file-kind.ts';
import { isHidden, realFolders } from '@benchwire/shared/model/model-files.ts';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';
import type { DownloadOptions } from './download.ts';
import type { FetchedFiles } from './fetched-files.ts';

export interface ModelSourceOptions extends DownloadOptions {
  /** Absolute folders that paths must stay inside of. Relative paths are looked up in each in turn. */
  model_folders: readonly string[];
  /** Remembers hashes from task to task, where given. */
  hashes?: FileHashes;
  /** Folders with secrets: a path leads into none of them, unless the model folder itself lies in it. */
  hidden_folders?: readonly string[];
  /** Files that the request named by their content. */
  sent?: readonly RequestFile[] | undefined;
  /** Where a model comes from that another task has made. */
  made_of?: MadeOf | undefined;
  /** Fetches files that are not here. */
  fetched?: FetchedFiles;
  /** Of this machine; for tests. */
  hostname?: string;
}

/** A file that a request names, in one of the worker's model folders. Throws `TaskFailure` (bad_model). */
export async function fileInFolders(
  model: string,
  { model_folders: folders, hidden_folders = [] }: ModelSourceOptions,
): Promise<string> {
  if (folders.length === 0) {
    throw badModel(
      'MODEL_FOLDERS_EMPTY',
      `"${model}" is a path, but this worker has no model folders; set WORKER_MODEL_DIRS there.`,
    );
  }
  const listed = folders.join(', ');
  const hidden = await realFolders(hidden_folders);
  let leadsOut = false;
  for (const folder of folders) {
    // Both sides without symbolic links, so that a link can't lead out.
    const root = await realpath(folder).catch(() => null);
    const path = await realpath(resolve(folder, model)).catch(() => null);
    if (root === null || path === null) continue;
    if (!isInside(path, root) || isHidden(path, root, hidden)) {
      leadsOut = true;
      continue;
    }
    if (!(await stat(path)).isFile()) {
      const { what, remedy } = await folderKind(path);
      throw badModel('MODEL_NOT_A_FILE', `"${model}" is ${what}, not a file: ${remedy}.`);
    }
    // Not the path behind links: a link to a graph stands beside links to its weights, as in Hugging Face's cache.
    return resolve(folder, model);
  }
  // A path outside gives the same answer whether or not it exists: requests must not probe the machine's files.
  const outside =
    leadsOut ||
    !folders.some((folder) => isInside(resolve(folder, model), resolve(folder))) ||
    folders.some((folder) => isHidden(resolve(folder, model), resolve(folder), hidden));
  if (outside) {
    throw badModel(
      'MODEL_OUTSIDE_FOLDERS',
      `"${model}" is outside of the worker's model folders (${listed}). Put the file into one of them, ` +
        'or add its folder to WORKER_MODEL_DIRS there.',
    );
  }
  const counted = isAbsolute(model)
    ? ''
    : ' A relative path counts from these: submit with `bw run`, which sends the file, or write an absolute one.';
  throw badModel('MODEL_NOT_FOUND', `There is no file "${model}" in the worker's model folders (${listed}).${counted}`);
}
