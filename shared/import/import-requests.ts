import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { IMPORTED, type ImportedConfig } from '../contracts/imported.ts';
import type { request, Source } from '../contracts/request.ts';
import type { ImportedBenchmark, ImportedFile } from './format.ts';

type ImportRequest = z.input<typeof request>;

/** What the user says about an import beside the file: it counts more than what the file says. */
export interface ImportOptions {
  device?: string | undefined;
  /** Given by the user, field by field. */
  source?: Source;
  /** What the surroundings say (git, CI), where neither user nor file names a commit. */
  fallback_source?: Source | undefined;
  measured_at?: string | undefined;
  name?: string | undefined;
  tags?: Readonly<Record<string, string>>;
}

/** One message holds 8 MB; what is larger becomes several runs. */
const MAX_REQUEST_CHARACTERS = 3_000_000;
const MAX_REQUEST_TASKS = 20_000;

/**
 * The requests that a file becomes: one, or several where it is large. The same file with the same options always becomes the same
 * requests, so that the stack knows them again. Pure.
 */
export function importRequests(file: ImportedFile, options: ImportOptions = {}): ImportRequest[] {
  const { name = file.format, tags = {} } = options;
  const source = sourceOf(file, options);
  const tasks = uniqueTasks(file, options);
  const parts: Array<typeof tasks> = [[]];
  let characters = 0;
  for (const task of tasks) {
    const size = JSON.stringify(task).length;
    const part = parts.at(-1) as typeof tasks;
    if (part.length > 0 && (characters + size > MAX_REQUEST_CHARACTERS || part.length >= MAX_REQUEST_TASKS)) {
      parts.push([task]);
      characters = size;
    } else {
      part.push(task);
      characters += size;
    }
  }
  return parts.map((part, index) => ({
    name: (parts.length === 1 ? name : `${name}, part ${index + 1} of ${parts.length}`).slice(0, 256),
    ...(Object.keys(source).length === 0 ? {} : { source }),
    tags: { ...tags },
    tasks: part,
  }));
}

/** The user's word, then the file's, then what the surroundings say: of another commit than theirs they know nothing. */
function sourceOf(file: ImportedFile, { source = {}, fallback_source = {} }: ImportOptions): Source {
  const said = { ...file.source, ...source };
  if (source.commit !== undefined && source.commit !== file.source.commit) {
    const { commit: _, branch: __, author: ___, ...others } = file.source;
    return { ...others, ...ofCommit(fallback_source, source.commit), ...source };
  }
  return said.commit === undefined
    ? { ...fallback_source, ...said }
    : { ...ofCommit(fallback_source, said.commit), ...said };
}

function ofCommit(known: Source, commit: string): Source {
  return known.commit === commit ? known : {};
}

function uniqueTasks(file: ImportedFile, options: ImportOptions): ImportRequest['tasks'] {
  const ids = new Set<string>();
  return file.benchmarks.map((benchmark, index) => {
    const task_id = uniqueId(benchmark, ids);
    // What is said of the whole file stands with its first benchmark.
    const notes = [...(index === 0 ? file.notes : []), ...benchmark.notes].slice(0, 20);
    return {
      task_id,
      executor: IMPORTED,
      benchmark: benchmark.name,
      config: configOf(file, benchmark, notes, options),
    };
  });
}

function configOf(
  { format, device, facts, measured_at }: ImportedFile,
  { metrics, parameters, model, precision }: ImportedBenchmark,
  notes: string[],
  options: ImportOptions,
): ImportedConfig {
  const at = options.measured_at ?? measured_at;
  const named = options.device ?? device?.name;
  const known = { ...facts, ...device?.facts };
  return {
    tool: format,
    ...(model === undefined ? {} : { model }),
    ...(precision === undefined ? {} : { precision }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    metrics,
    ...(named === undefined ? {} : { device: named.slice(0, 128) }),
    ...(Object.keys(known).length === 0 ? {} : { facts: known }),
    // A name that the user gave is all there is to tell devices apart by.
    ...(options.device !== undefined || device === undefined || device.identity.length === 0
      ? {}
      : { identity: device.identity }),
    ...(at === undefined ? {} : { measured_at: at }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

const MAX_ID_CHARACTERS = 100;

/** The name as an id, with part of its hash where that is not the whole. */
function uniqueId({ name, parameters, model, precision }: ImportedBenchmark, taken: Set<string>): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, MAX_ID_CHARACTERS);
  const hash = createHash('sha256')
    .update(JSON.stringify([name, parameters, model, precision]))
    .digest('hex');
  for (const digits of [0, 8, 16]) {
    const id = [plain, hash.slice(0, digits)].filter((part) => part !== '').join('-');
    if (id === '' || taken.has(id)) continue;
    taken.add(id);
    return id;
  }
  throw new RangeError(`two benchmarks are the same: ${name}`);
}
