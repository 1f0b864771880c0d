import { lstat, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isSameCommit } from '@benchwire/shared/contracts/commit.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { CliContext } from '../context.ts';
import { InvalidRequestError, UsageError } from '../errors.ts';
import { oneLine } from '../terminal/text-width.ts';
import type { CiBuild } from './ci-build.ts';
import { type CiReport, ciReport } from './ci-report.ts';
import { again, type CodeHost } from './publish/publish.ts';

/** 500 metrics with long names are 1 MB. */
export const MAX_ARTIFACT_BYTES = 2_000_000;
const SHOWN_ISSUES = 10;

const UNTRUSTED =
  'Reported by the job of a fork, measured on its own machine: this project has not measured it, and cannot vouch for it.';

/**
 * Reads what an untrusted job has left: data only, of a limited size and of the report's form; nothing of it is run.
 * @throws UsageError for a file that is none or too large, InvalidRequestError with what does not fit
 */
export async function readArtifact(file: string, working_directory: string): Promise<CiReport> {
  const path = resolve(working_directory, file);
  let text: string;
  try {
    const about = await lstat(path);
    if (!about.isFile()) throw new UsageError(`${file} is not a regular file.`);
    if (about.size > MAX_ARTIFACT_BYTES)
      throw new UsageError(
        `${file} has ${about.size} bytes, and an artifact of bw ci has at most ${MAX_ARTIFACT_BYTES}.`,
      );
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestError(file, [oneLine(messageOf(error)).slice(0, 200)], 'artifact of bw ci');
  }
  const parsed = parseWith(ciReport, value, () => undefined);
  if (parsed.ok) return parsed.value;
  const lines = parsed.issues
    .slice(0, SHOWN_ISSUES)
    .map(({ path: place, message }) => oneLine(`${place}: ${message}`).slice(0, 300));
  throw new InvalidRequestError(file, lines, 'artifact of bw ci');
}

interface ClaimOptions {
  /** What the trusted side knows: the event's own commit, and the pull request where it says one. */
  trusted: Partial<CiBuild>;
  /** Of the check and the comment; the artifact does not choose it. */
  name: string;
  host: CodeHost | undefined;
}

/**
 * The report of an untrusted job as the trusted side posts it: only if it is about the commit of the event, and about a pull request
 * that has this commit. Addresses and names in it are the trusted side's.
 * @throws UsageError that says what does not agree
 */
export async function claimedReport(report: CiReport, { trusted, name, host }: ClaimOptions): Promise<CiReport> {
  const claimed = report.build.head_commit ?? report.build.commit;
  const expected = trusted.head_commit ?? trusted.commit;
  if (expected === undefined)
    throw new UsageError(
      'which commit the artifact has to be about is unknown: run this in a workflow on workflow_run, or name the commit with --commit.',
    );
  if (claimed === undefined || !isSameCommit(claimed, expected))
    throw new UsageError(
      `the artifact is about commit ${claimed ?? '(none)'}, and the event about ${expected}: it is not posted.`,
    );
  const pull_request = trusted.pull_request ?? report.build.pull_request;
  if (report.build.pull_request !== pull_request)
    throw new UsageError(
      `the artifact is about pull request ${report.build.pull_request ?? '(none)'}, and the event about ${pull_request}: it is not posted.`,
    );
  if (pull_request !== undefined && host !== undefined) {
    const head = await again((signal) => host.forge.headOf(pull_request, signal));
    if (!isSameCommit(head, expected))
      throw new UsageError(
        `pull request ${pull_request} is at commit ${head}, and the artifact is about ${expected}: it is not posted. A newer push has a job of its own.`,
      );
  }
  const { provider, repository, run_url } = trusted;
  const build = {
    ...{ commit: expected, is_fork: true },
    ...(pull_request === undefined ? {} : { pull_request }),
    ...(provider === undefined ? {} : { provider }),
    ...(repository === undefined ? {} : { repository }),
    ...(run_url === undefined ? {} : { run_url }),
  };
  return { ...report, name, build, url: null, notes: [UNTRUSTED, ...report.notes].slice(0, 20) };
}

/** What `bw ci claim` prints. */
export function sayPosted({ err }: Pick<CliContext, 'err'>, host: string, posted: readonly string[]): void {
  for (const each of posted) err.line(`${host}: ${oneLine(each)}`);
}
