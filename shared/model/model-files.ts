import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, posix, win32 } from 'node:path';
import type { FilePart } from '../contracts/request-file.ts';
import { isInside } from '../runtime/is-inside.ts';
import { sha256OfParts } from '../runtime/sha256-of-parts.ts';
import { badModel } from './errors.ts';
import { type ExternalFile, externalFiles } from './external-files.ts';
import type { FileHashes } from './file-hashes.ts';
import { otherKind } from './file-kind.ts';
import { NotProtobuf } from './protobuf-file.ts';

export interface ModelFiles {
  /** Paths of all files, the graph first. */
  files: string[];
  /**
   * Of a model of one file the file's. Of more, that of the text which `sha256sum GRAPH FILE…` prints for them, the files
   * by name: so that it can be had with `sha256sum GRAPH FILE… | sha256sum`.
   */
  sha256: string;
  graph_sha256: string;
  size_bytes: number;
  /** Each of the files, as the model names it. */
  parts: FilePart[];
}

interface ModelFilesOptions {
  /** For messages. */
  name: string;
  /** The graph. */
  path: string;
  /** Folders that the files may be in; empty for a graph that must be alone. */
  roots: readonly string[];
  /** Folders with secrets, which the files may not be in unless a root lies in them. */
  hidden?: readonly string[];
  hashes: FileHashes;
  signal: AbortSignal;
}

/** Which files a model consists of, checked to be there and to be what they should. Throws `TaskFailure` (bad_model). */
export async function readModelFiles(options: ModelFilesOptions): Promise<ModelFiles> {
  const { name, path, hashes, signal } = options;
  const other = await otherKind(path);
  if (other !== undefined)
    throw badModel('MODEL_WRONG_FILE', `${name} is not an ONNX model but ${other.what}: ${other.remedy}.`);
  const external = await namedFiles(name, path);
  const graph_sha256 = await hashes.sha256(path, signal);
  const files = [path];
  const parts: FilePart[] = [{ name: basename(path), sha256: graph_sha256, size_bytes: (await stat(path)).size }];
  for (const file of external) {
    const found = await findExternal(file, options);
    files.push(found.path);
    const sha256 = await hashes.sha256(found.path, signal);
    parts.push({ name: posix.normalize(file.location), sha256, size_bytes: found.size });
  }
  const size_bytes = parts.reduce((sum, part) => sum + part.size_bytes, 0);
  return { files, sha256: sha256OfParts(parts), graph_sha256, size_bytes, parts };
}

async function namedFiles(name: string, path: string): Promise<ExternalFile[]> {
  if (/\.ort$/i.test(path)) return [];
  try {
    const named = await externalFiles(path);
    // `./weights` and `weights` are one file.
    const unique = new Map<string, ExternalFile>();
    for (const file of named) {
      const location = posix.normalize(file.location);
      const needs_bytes = Math.max(file.needs_bytes, unique.get(location)?.needs_bytes ?? 0);
      unique.set(location, { location, needs_bytes });
    }
    return [...unique.values()].sort((a, b) => (a.location < b.location ? -1 : 1));
  } catch (error) {
    if (!(error instanceof NotProtobuf)) throw error;
    const { size } = await stat(path);
    if (error.needs_bytes !== null) {
      const message = `${name} is cut off: it has ${size} bytes, and needs ${error.needs_bytes} at least. Copy or download it again.`;
      throw badModel('MODEL_CUT_OFF', message);
    }
    const message = `${name} is not an ONNX model, nor another kind of file that Benchwire knows (${size} bytes): name the .onnx file.`;
    throw badModel('MODEL_WRONG_FILE', message);
  }
}

async function findExternal(
  { location, needs_bytes }: ExternalFile,
  { name, path, roots, hidden = [] }: ModelFilesOptions,
): Promise<{ path: string; size: number }> {
  const shown = `"${location}"`;
  if (roots.length === 0) {
    const message = `${name} keeps weights in a file of its own (${shown}), and a model from a URL has to be one file. Download both into a model folder and name the path.`;
    throw badModel('MODEL_FILES_NOT_DOWNLOADED', message);
  }
  const leadsOut = location.split(/[/\\]/).includes('..') || posix.isAbsolute(location) || win32.isAbsolute(location);
  if (location === '' || location === '.' || leadsOut || location.includes('\0')) {
    const message = `${name} names ${shown} for its weights, which leads out of the model's folder. Save it again with its weights beside it.`;
    throw badModel('MODEL_FILE_OUTSIDE', message);
  }
  const file = join(dirname(path), location);
  const real = await realpath(file).catch(() => null);
  const about = real === null ? null : await stat(real).catch(() => null);
  if (real === null || about === null) {
    const message = `${name} keeps weights in ${shown}, and there is no such file in ${dirname(path)}: copy it there, too.`;
    throw badModel('MODEL_FILE_MISSING', message);
  }
  if (!(await isInsideAny(real, roots, hidden))) {
    const message = `${name} keeps weights in ${shown}, which is a link out of the worker's model folders (${roots.join(', ')}).`;
    throw badModel('MODEL_FILE_OUTSIDE', message);
  }
  if (!about.isFile()) throw badModel('MODEL_FILE_MISSING', `${name} keeps weights in ${shown}, which is not a file.`);
  // Weights are any bytes, but never one of these.
  const other = await otherKind(real);
  if (other !== undefined && /^(a Git LFS|a git-annex|a DVC|a web page|an empty file)/.test(other.what))
    throw badModel('MODEL_WRONG_FILE', `${name} keeps weights in ${shown}, which is ${other.what}: ${other.remedy}.`);
  if (about.size < needs_bytes) {
    const message = `${name} keeps weights in ${shown}, which is cut off: it has ${about.size} bytes, and ${needs_bytes} are needed. Copy or download it again.`;
    throw badModel('MODEL_CUT_OFF', message);
  }
  return { path: file, size: about.size };
}

async function isInsideAny(real: string, roots: readonly string[], hidden: readonly string[]): Promise<boolean> {
  const secret = await realFolders(hidden);
  const folders = await realFolders(roots);
  return folders.some((root) => isInside(real, root) && !isHidden(real, root, secret));
}

/** Folders without symbolic links; those that are not there are left out. */
export async function realFolders(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((each) => realpath(each).catch(() => null)));
  return real.filter((each) => each !== null);
}

/** Whether a path leads from a model folder into one that is kept from requests. */
export function isHidden(path: string, root: string, hidden: readonly string[]): boolean {
  return hidden.some((each) => isInside(path, each) && !isInside(root, each));
}
