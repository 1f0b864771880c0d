import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import { isSameCommit } from '@benchwire/shared/contracts/commit.ts';
import type { FindingKind } from '@benchwire/shared/contracts/finding.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { followSubmitted } from '../commands/follow-submitted.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { InvalidRequestError, UsageError } from '../errors.ts';
import { checkRequest } from '../request/check-request.ts';
import { git, gitSource } from '../request/git-source.ts';
import { issueLines } from '../request/locate.ts';
import { readFiles } from '../request/read-files.ts';
import { readRequest } from '../request/read-request.ts';
import { sendFiles } from '../request/send-files.ts';
import { submitWritten } from '../request/submit-written.ts';
import type { CiBuild } from './ci-build.ts';
import type { CiReport } from './ci-report.ts';
import { sayPosted } from './claim.ts';
import { type ComparedRequest, comparedRequest } from './compared-request.ts';
import { findBase } from './find-base.ts';
import { findHost } from './publish/find-host.ts';
import { publish } from './publish/publish.ts';
import { sourceOfBuild } from './read-build.ts';
import { reportOf } from './report-of-run.ts';
import { type FileOptions, writeFiles } from './write-files.ts';

export interface CiOptions extends FileOptions {
  request: string;
  name: string | undefined;
  commit: string | undefined;
  base: string | undefined;
  'fail-on': readonly FindingKind[];
  'no-repeat': boolean;
  'no-pairs': boolean;
  'no-post': boolean;
  'no-upload': boolean;
}

/** Runs a request for the change that the CI builds, compares it with its base, and reports it. @returns the exit code */
export async function runCi(context: CliContext, build: Partial<CiBuild>, options: CiOptions): Promise<number> {
  const { working_directory, stdin } = context;
  const written = await readRequest(options.request, working_directory, stdin);
  const { request } = checkRequest(written);
  const { source, base, notes } = await changeOf(context, build, options);
  const wanted = { source: { ...request.source, ...source }, base, repeats: !options['no-repeat'] };
  const compared = comparedRequest(written.value, wanted);
  const checked = checkSubmission({ value: compared.value, sources: new Map() });
  if (!checked.ok) throw new InvalidRequestError(written.name, issueLines(written, checked.issues));
  sayCompared(context, compared, wanted.source, base, notes);
  const listed = checked.request.files ?? [];
  const files = options['no-upload'] ? [] : await readFiles(written, checked.tasks, listed, working_directory);
  let report: CiReport | undefined;
  const code = await withStack(context, async (client) => {
    const sent = await sendFiles(context, client, files);
    const submission = { ...written, value: compared.value };
    const submitted = await submitWritten(client, submission, {
      ...checked.request,
      files: [...listed, ...(sent ?? [])],
    });
    const started = { client, submitted, tasks: checked.tasks, name: request.name };
    return await followSubmitted(context, started, {
      ...{ 'fail-on': options['fail-on'], format: undefined },
      onEnded: (ended) => {
        const name = options.name ?? (request.name === undefined ? 'benchwire' : `benchwire: ${request.name}`);
        report = reportOf(ended, {
          name,
          build,
          source: wanted.source,
          notes: [...notes, ...compared.notes],
          now_ms: context.now(),
        });
      },
    });
  });
  if (report === undefined) return code;
  await writeFiles(context, report, options);
  if (!options['no-post']) await post(context, report);
  return code;
}

interface Change {
  source: Source;
  base: { commit: string; branch?: string | undefined } | undefined;
  notes: string[];
}

/** What is measured, and the commit that it is compared with. */
async function changeOf(context: CliContext, build: Partial<CiBuild>, options: CiOptions): Promise<Change> {
  const { working_directory } = context;
  const said = sourceOfBuild(build);
  const fromGit = options.commit === undefined ? await gitSource(working_directory, undefined, said) : undefined;
  const commit = options.commit ?? build.commit;
  const source = fromGit ?? { ...said, ...(commit === undefined ? {} : { commit }) };
  const { pull_request, is_queued_merge, base_branch: branch } = build;
  const isOfPullRequest = pull_request !== undefined || is_queued_merge === true;
  const isOnBranch = source.branch !== undefined && source.branch !== 'main' && source.branch !== 'master';
  if (options.base === undefined && !isOfPullRequest && !isOnBranch) return { source, base: undefined, notes: [] };
  try {
    const began_at = options.base ?? (await findBase((...args) => git(working_directory, args), source, build));
    const { base_position: _, ...rest } = source;
    const based = began_at === source.base ? source : { ...rest, base: began_at };
    const isCommit = /^[0-9a-f]{7,}$/.test(began_at) && !isSameCommit(began_at, source.commit);
    const base = isCommit && !options['no-pairs'] ? { commit: began_at, branch } : undefined;
    return { source: based, base, notes: [] };
  } catch (error) {
    // A branch without a pull request may have no base that one could name.
    if (!(error instanceof UsageError) || isOfPullRequest) throw error;
    return { source, base: undefined, notes: [`Compared with the history only: ${error.message}`] };
  }
}

function sayCompared(
  { err, errStyle }: CliContext,
  { notes }: ComparedRequest,
  source: Source,
  base: Change['base'],
  more: readonly string[],
): void {
  const head = [
    source.commit?.slice(0, 12),
    source.branch,
    source.pull_request === undefined ? undefined : `pull request ${source.pull_request}`,
  ];
  const against =
    base === undefined
      ? source.base === undefined
        ? 'its history'
        : `the level at ${source.base.slice(0, 12)}`
      : base.commit.slice(0, 12);
  err.line(`${head.filter((part) => part !== undefined).join(', ')} against ${against}`);
  for (const note of [...more, ...notes]) err.line(errStyle.dim(note));
}

/** Posting is for people: what is refused is said, and changes no exit code. */
async function post(context: CliContext, report: CiReport): Promise<void> {
  const { build } = report;
  const remote = await git(context.working_directory, ['config', '--get', 'remote.origin.url']);
  const found = findHost(context.environment, build, remote);
  if (found.host === undefined) {
    if (build.provider !== undefined) context.err.line(context.errStyle.dim(`nothing is posted: ${found.why}`));
    return;
  }
  sayPosted(context, found.host.name, await publish(found.host, report));
}
