import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type CatalogueModel, findModel, isModelFile } from '@benchwire/shared/catalogue/catalogue.ts';
import { type DownloadOptions, downloadModel } from './download.ts';
import { badModel } from './errors.ts';
import { sha256OfFile } from './sha256.ts';

/** A model file on this machine, checked. */
export interface ResolvedModel {
  path: string;
  sha256: string;
  size_bytes: number;
  /** Null for a file of the user's own. */
  catalogue: CatalogueModel | null;
}

export interface ModelSourceOptions extends DownloadOptions {
  /** Absolute folders that paths must stay inside of. Relative paths are looked up in each in turn. */
  model_folders: readonly string[];
}

/**
 * Finds the file that `model` names: a catalogue name, a path inside one of the model folders, or an https URL.
 * Throws `TaskFailure` (bad_model) that says what was wrong and what to do.
 */
export async function resolveModel(
  model: string,
  expected_sha256: string | undefined,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<ResolvedModel> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(model)) {
    const downloaded = await downloadModel(model, expected_sha256, options, signal);
    return { ...downloaded, catalogue: null };
  }
  const catalogue = isModelFile(model) ? null : findInCatalogue(model);
  const path = catalogue ? fileOfPackage(catalogue) : await fileInFolders(model, options.model_folders);
  const size_bytes = (await stat(path)).size;
  const sha256 = await sha256OfFile(path, signal);
  if (expected_sha256 !== undefined && sha256 !== expected_sha256) {
    throw badModel(
      'MODEL_HASH_MISMATCH',
      `${model} has the sha256 ${sha256}, but config.sha256 is ${expected_sha256}.`,
    );
  }
  return { path, sha256, size_bytes, catalogue };
}

function findInCatalogue(name: string): CatalogueModel {
  const found = findModel(name);
  if ('unknown' in found) throw badModel('MODEL_UNKNOWN', found.unknown);
  return found;
}

function fileOfPackage(model: CatalogueModel): string {
  // Not require.resolve: these packages' "exports" do not list their model files.
  const folders = createRequire(import.meta.url).resolve.paths(model.package) ?? [];
  const path = folders.map((folder) => join(folder, model.package, model.file)).find((file) => existsSync(file));
  if (path !== undefined) return path;
  throw badModel(
    'MODEL_FILE_MISSING',
    `The catalogue's file ${model.file} of the npm package ${model.package} is not installed; run npm install.`,
  );
}

async function fileInFolders(model: string, folders: readonly string[]): Promise<string> {
  if (folders.length === 0) {
    throw badModel(
      'MODEL_FOLDERS_EMPTY',
      `"${model}" is a path, but this worker has no model folders; set WORKER_MODEL_DIRS there.`,
    );
  }
  const listed = folders.join(', ');
  const inside = (path: string, folder: string): boolean => {
    const way = relative(folder, path);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  };
  let leadsOut = false;
  for (const folder of folders) {
    // Both sides without symbolic links, so that a link can't lead out.
    const root = await realpath(folder).catch(() => null);
    const path = await realpath(resolve(folder, model)).catch(() => null);
    if (root === null || path === null) continue;
    if (!inside(path, root)) {
      leadsOut = true;
      continue;
    }
    if (!(await stat(path)).isFile()) throw badModel('MODEL_NOT_A_FILE', `"${model}" is not a file.`);
    return path;
  }
  // A path outside gives the same answer whether or not it exists: requests must not probe the machine's files.
  const outside = leadsOut || !folders.some((folder) => inside(resolve(folder, model), resolve(folder)));
  if (outside) {
    throw badModel(
      'MODEL_OUTSIDE_FOLDERS',
      `"${model}" is outside of the worker's model folders (${listed}). Put the file into one of them, ` +
        'or add its folder to WORKER_MODEL_DIRS there.',
    );
  }
  const counted = isAbsolute(model)
    ? ''
    : ' A relative path counts from these, not from the request: write an absolute one.';
  throw badModel('MODEL_NOT_FOUND', `There is no file "${model}" in the worker's model folders (${listed}).${counted}`);
}
