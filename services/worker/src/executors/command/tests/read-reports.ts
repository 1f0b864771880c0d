import { Worker } from 'node:worker_threads';
import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import type { FoundReports } from './find-reports.ts';
import { withUniqueNames } from './junit-cases.ts';
import type { ReadFile } from './junit-thread.ts';

export interface ReadReports {
  cases: TestCase[];
  /** Names of the files that were read. */
  reports: string[];
  /** Each file that could not be read, with the reason. */
  problems: string[];
}

const MAX_SECONDS = 60;
const MAX_HEAP_MB = 1024;

/** Reads what was found. Never rejects: what a file does to its reader is that file's problem. */
export async function readReports(files: FoundReports['files']): Promise<ReadReports> {
  if (files.length === 0) return { cases: [], reports: [], problems: [] };
  const read: ReadFile[] = [];
  const thread = new Worker(new URL('./junit-thread.ts', import.meta.url), {
    workerData: files,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    env: {},
  });
  let broken: string | undefined;
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => {
      broken = `reading it took more than ${MAX_SECONDS} s`;
      void thread.terminate();
    }, MAX_SECONDS * 1000);
    thread.on('message', (each: ReadFile) => read.push(each));
    thread.once('error', () => {
      broken ??= 'reading it took too much memory, or it is nested too deeply';
    });
    thread.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
  });
  // The first one without an answer is the one that broke the reader; those behind it were not reached.
  const unread = files
    .slice(read.length)
    .map(({ name }, at) => (at === 0 && broken !== undefined ? `${name}: ${broken}` : `${name} was not reached`));
  return {
    cases: withUniqueNames(read.flatMap(({ cases = [] }) => cases)),
    reports: read.filter(({ cases }) => cases !== undefined).map(({ name }) => name),
    problems: [
      ...read.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`])),
      ...unread,
    ],
  };
}
