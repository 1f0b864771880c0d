import { existsSync } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { inputPaths, modelPaths } from '@benchwire/shared/contracts/files-named-by.ts';
import type { RequestFile } from '@benchwire/shared/contracts/request-file.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { folderKind } from '@benchwire/shared/model/file-kind.ts';
import { readModelFiles } from '@benchwire/shared/model/model-files.ts';
import { sha256OfParts } from '@benchwire/shared/runtime/sha256-of-parts.ts';
import { InvalidRequestError } from '../errors.ts';
import type { WrittenRequest } from './read-request.ts';

/** A file of a request, and where each of its parts is here. */
export interface ReadFile {
  file: RequestFile;
  /** Of the parts, in their order. */
  paths: readonly string[];
}

/**
 * The files that the tasks name, read and hashed here, where their author is: relative paths count from the folder that bw was
 * called in. Files that the request lists itself are left to it, and those that a hash names and that are not here.
 * @throws InvalidRequestError with every file that is not there, or is not what it should be, and the path that was tried
 */
export async function readFiles(
  written: WrittenRequest,
  tasks: readonly Task[],
  listed: readonly RequestFile[],
  working_directory: string,
): Promise<ReadFile[]> {
  const wanted = wantedBy(tasks);
  for (const { path } of listed) wanted.delete(path);
  const hashes = new FileHashes();
  const files: ReadFile[] = [];
  const problems: string[] = [];
  for (const [path, { isModel, sha256, place }] of wanted) {
    const found = resolve(working_directory, path);
    try {
      if (sha256 !== undefined && !existsSync(found)) continue;
      const problem = await notAFile(path, found, written, working_directory);
      if (problem !== undefined) {
        problems.push(`task ${place}: ${problem}`);
        continue;
      }
      const read = await readFile(path, found, isModel, hashes);
      const actual = sha256OfParts(read.file.parts);
      if (sha256 !== undefined && sha256 !== actual)
        problems.push(`task ${place}: ${found} has the sha256 ${actual}, and config.sha256 is ${sha256}`);
      else files.push(read);
    } catch (error) {
      if (!(error instanceof TaskFailure) && !isOfSystem(error)) throw error;
      problems.push(`task ${place}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new InvalidRequestError(written.name, problems);
  return files;
}

interface Wanted {
  isModel: boolean;
  sha256: string | undefined;
  /** The first task that names it. */
  place: string;
}

function wantedBy(tasks: readonly Task[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const task of tasks) {
    const add = (path: string, isModel: boolean, sha256?: string): void => {
      if (!wanted.has(path)) wanted.set(path, { isModel, sha256, place: task.base_task_id });
    };
    const { config } = task;
    for (const path of modelPaths(task)) {
      const side = 'model' in config && config.model === path ? config : task.base_side?.config;
      add(path, true, side !== undefined && 'sha256' in side ? side.sha256 : undefined);
    }
    for (const path of inputPaths(task)) add(path, false);
  }
  return wanted;
}

async function readFile(path: string, found: string, isModel: boolean, hashes: FileHashes): Promise<ReadFile> {
  const { signal } = new AbortController();
  const local = { hostname: hostname(), path: found };
  if (isModel) {
    const { files, parts } = await readModelFiles({ name: path, path: found, roots: ['/'], hashes, signal });
    return { file: { path, parts, local }, paths: files };
  }
  const sha256 = await hashes.sha256(found, signal);
  const parts = [{ name: basename(found), sha256, size_bytes: (await stat(found)).size }];
  return { file: { path, parts, local }, paths: [found] };
}

/** What is wrong with the path itself, with what was tried. */
async function notAFile(
  path: string,
  found: string,
  written: WrittenRequest,
  working_directory: string,
): Promise<string | undefined> {
  const real = await realpath(found).catch(() => null);
  if (real === null) {
    const counted = isAbsolute(path) ? '' : `, "${path}" counted from the folder that bw was called in`;
    const beside = resolve(working_directory, dirname(written.name), path);
    const hint =
      !isAbsolute(path) && beside !== found && existsSync(beside)
        ? `. There is one beside the request: call bw in ${resolve(working_directory, dirname(written.name))}, or write the path so`
        : '. If it is on the workers, in their model folders, add --no-upload';
    const isLink = (await lstat(found).catch(() => null))?.isSymbolicLink() === true;
    if (isLink) return `${found} is a link that leads nowhere: mend or replace it`;
    return `there is no file ${found}${counted}${hint}`;
  }
  if ((await stat(real)).isFile()) return undefined;
  const { what, remedy } = await folderKind(real);
  return `${found} is ${what}, not a file: ${remedy}`;
}

function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));
}
