import { glob, lstat, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { isInside } from '@benchwire/shared/runtime/is-inside.ts';

/** More files, or larger ones, are not read. */
const MAX_REPORTS = 1000;
const MAX_REPORT_BYTES = 64 * 1024 ** 2;
const MAX_REPORTS_BYTES = 256 * 1024 ** 2;
/** Files whose names fit a pattern and that are looked at. */
const MAX_LOOKED_AT = 20_000;

export interface FoundReports {
  /** Real paths, each with the path from the folder that the program ran in. */
  files: Array<{ path: string; name: string }>;
  /** What was not taken, and why. */
  notes: string[];
}

export interface FindOptions {
  /** Paths or patterns as they were written. */
  written: readonly string[];
  working_directory: string;
  /** The program's own folder, which it may write to as well. */
  home: string;
  /** Folders that programs do not see. */
  hidden: readonly string[];
  /** A report of an earlier run is not this one's. */
  since_ms: number;
}

/**
 * The reports that a program has written. The worker may read more than the program could, so only regular files count that lie
 * in the folders where it ran and that were written meanwhile.
 */
export async function findReports(options: FindOptions): Promise<FoundReports> {
  const { written, working_directory, hidden, since_ms } = options;
  const roots = await Promise.all([working_directory, options.home].map((folder) => realpath(folder)));
  const files = new Map<string, string>();
  const notes: string[] = [];
  let bytes = 0;
  for (const pattern of written) {
    let looked_at = 0;
    for await (const name of matches(pattern, working_directory)) {
      if (++looked_at > MAX_LOOKED_AT) {
        notes.push(`"${pattern}" fits more than ${MAX_LOOKED_AT} files: only the first ones were looked at`);
        break;
      }
      const shown = isAbsolute(name) ? name : relative(working_directory, resolve(working_directory, name));
      const path = await realpath(resolve(working_directory, name)).catch(() => undefined);
      const about = path === undefined ? undefined : await lstat(path).catch(() => undefined);
      if (path === undefined || about?.isFile() !== true || files.has(path)) continue;
      if (!roots.some((root) => isInside(path, root)) || hidden.some((each) => isInside(path, each))) {
        notes.push(`${shown} was not read: it lies outside of the folder that the program ran in`);
      } else if (about.mtimeMs < since_ms) {
        notes.push(`${shown} was not read: it is older than this run of the program`);
      } else if (about.size > MAX_REPORT_BYTES || bytes + about.size > MAX_REPORTS_BYTES) {
        notes.push(
          `${shown} was not read: reports of up to ${MAX_REPORT_BYTES / 1024 ** 2} MiB, ${MAX_REPORTS_BYTES / 1024 ** 2} MiB in all, are`,
        );
      } else if (files.size >= MAX_REPORTS) {
        notes.push(`${shown} and what follows was not read: at most ${MAX_REPORTS} reports are`);
        break;
      } else {
        bytes += about.size;
        files.set(path, shown);
      }
    }
  }
  return { files: [...files].map(([path, name]) => ({ path, name: name.slice(0, 1024) })), notes: notes.slice(0, 20) };
}

/** A path is also what it says where a pattern would read it otherwise: `report[1].xml`. A folder stands for the XML files in it. */
async function* matches(written: string, folder: string): AsyncGenerator<string> {
  const about = await lstat(resolve(folder, written)).catch(() => undefined);
  if (about?.isDirectory() === true) yield* glob(join(written, '*.xml'), { cwd: folder });
  else if (about !== undefined) yield written;
  else if (/[*?[{]/.test(written)) yield* glob(written, { cwd: folder });
}
