import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { junitFile } from '../results/verdict-formats.ts';
import type { CiReport } from './ci-report.ts';
import { reportCtrf } from './ctrf.ts';
import { reportMarkdown } from './markdown.ts';
import { serviceMessages } from './service-messages.ts';

/** The shortest of the hosts' limits for a comment: a person may paste it. */
const COMMENT_BYTES = 65_535;
/** What GitHub takes of a job's summary, in one step. */
const SUMMARY_BYTES = 1_048_576;

export interface FileOptions {
  junit: string | undefined;
  ctrf: string | undefined;
  markdown: string | undefined;
  artifact: string | undefined;
}

/** Writes a report to the files that were asked for, and to where the provider shows it by itself. */
export async function writeFiles(context: CliContext, report: CiReport, options: FileOptions): Promise<void> {
  const { environment, working_directory, out, json } = context;
  const files: ReadonlyArray<readonly [path: string | undefined, content: () => string]> = [
    [options.junit, () => junitFile(report)],
    [options.ctrf, () => reportCtrf(report)],
    [options.markdown, () => reportMarkdown(report, COMMENT_BYTES)],
    [options.artifact, () => JSON.stringify(report)],
  ];
  for (const [path, content] of files)
    if (path !== undefined) await write(path, resolve(working_directory, path), `${content()}\n`, writeFile);
  const { GITHUB_STEP_SUMMARY: summary } = environment;
  if (summary)
    await write('GITHUB_STEP_SUMMARY', summary, `${reportMarkdown(report, SUMMARY_BYTES - 1)}\n`, appendFile);
  if (json) return;
  if (report.build.provider === 'teamcity') out.lines(serviceMessages(report));
  if (report.build.provider === 'azure' && options.markdown !== undefined)
    out.line(`##vso[task.uploadsummary]${resolve(working_directory, options.markdown)}`);
}

async function write(
  name: string,
  path: string,
  content: string,
  how: typeof writeFile | typeof appendFile,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await how(path, content);
  } catch (error) {
    throw new UsageError(`${name} cannot be written: ${messageOf(error)}`);
  }
}
