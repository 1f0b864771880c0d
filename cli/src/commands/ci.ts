import { defineCommand } from '../arguments/command.ts';
import type { OptionSpecs, Values } from '../arguments/options.ts';
import { VERDICT_OPTIONS } from '../arguments/verdict-options.ts';
import { CI_PROVIDERS, type CiBuild } from '../ci/ci-build.ts';
import { claimedReport, readArtifact, sayPosted } from '../ci/claim.ts';
import { initPipeline } from '../ci/init.ts';
import { findHost } from '../ci/publish/find-host.ts';
import { publish } from '../ci/publish/publish.ts';
import { readBuild } from '../ci/read-build.ts';
import { runCi } from '../ci/run-ci.ts';
import { writeFiles } from '../ci/write-files.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { git } from '../request/git-source.ts';
import { oneLine } from '../terminal/text-width.ts';

const DEFAULT_REQUEST = 'benchwire.yaml';
const DEFAULT_CLAIM = 'benchwire (fork)';

const OPTIONS = {
  request: { kind: 'text', value: 'FILE', help: `what is measured (${DEFAULT_REQUEST})` },
  base: {
    kind: 'text',
    value: 'SHA|BRANCH',
    help: 'what it is compared with, instead of the commit that the change began at',
  },
  commit: { kind: 'text', value: 'SHA', help: 'what is measured; with claim: what the artifact has to be about' },
  branch: { kind: 'text', value: 'NAME', help: 'its branch' },
  'pull-request': { kind: 'count', value: 'NUMBER', help: 'its pull request' },
  name: { kind: 'text', value: 'NAME', help: "of the check and the comment (the request's name)" },
  'fail-on': { ...VERDICT_OPTIONS['fail-on'], help: `${VERDICT_OPTIONS['fail-on'].help} (regression)` },
  'no-pairs': { kind: 'flag', help: 'compare with the history only; do not measure the base beside the head' },
  'no-repeat': { kind: 'flag', help: 'do not measure again what cannot be decided' },
  'no-post': { kind: 'flag', help: 'post neither check nor comment' },
  'no-upload': { kind: 'flag', help: "don't read or send model files" },
  junit: { kind: 'text', value: 'FILE', help: 'write a JUnit file' },
  ctrf: { kind: 'text', value: 'FILE', help: 'write a CTRF file (ctrf.io)' },
  markdown: { kind: 'text', value: 'FILE', help: 'write the comment' },
  artifact: { kind: 'text', value: 'FILE', help: 'write what `bw ci claim` posts, for jobs without a secret' },
  source: { kind: 'text', value: 'URL', help: 'with init: the repository that jobs install bw from' },
  force: { kind: 'flag', help: 'with init: overwrite files that exist' },
} as const satisfies OptionSpecs;

export const ci = defineCommand({
  name: 'ci',
  summary: 'measure a change in CI, compare it with its base, and report it on its pull request',
  positionals: ['[ACTION]', '[WHAT]'],
  options: OPTIONS,
  details: `
bw ci                  measures the request for the commit that the CI builds, by turns with the commit that the change began at, in one
                       lease on one device; or against the history where a task has no base side
bw ci claim FILE       posts what the job of a fork has left, after it was checked (on the trusted side)
bw ci init PROVIDER    writes the pipeline file: ${CI_PROVIDERS.join(', ')}

It knows GitHub Actions, GitLab CI, Jenkins, Azure Pipelines, CircleCI, Travis CI, Bitbucket Pipelines and TeamCity; elsewhere name commit,
branch and base. It posts with GITHUB_TOKEN, GITLAB_TOKEN, BITBUCKET_TOKEN or SYSTEM_ACCESSTOKEN. Exit codes are those of \`bw run\`; what cannot be decided is 0.

  bw ci --request bench.yaml --junit benchwire.xml
  bw ci --base main --no-post --markdown comment.md`,
  async run(context, values, [action, what]) {
    const build = givenBuild(context, values);
    switch (action) {
      case undefined:
        return await runCi(context, build, {
          ...values,
          request: values.request ?? DEFAULT_REQUEST,
          'fail-on': values['fail-on'].length === 0 ? ['regression'] : values['fail-on'],
        });
      case 'claim':
        return await claim(context, build, values, what);
      case 'init': {
        const { source, force, request = DEFAULT_REQUEST } = values;
        return await initPipeline(context, { provider: what, request, source, force });
      }
      default:
        throw new UsageError(`unknown action "${oneLine(action)}": use init or claim, or none to measure.`);
    }
  },
});

/** What the provider says, with what options say instead. */
function givenBuild({ environment }: CliContext, values: Values<typeof OPTIONS>): Partial<CiBuild> {
  const { commit, branch, 'pull-request': pull_request } = values;
  return {
    ...readBuild(environment),
    ...(commit === undefined ? {} : { commit, head_commit: commit }),
    ...(branch === undefined ? {} : { branch }),
    ...(pull_request === undefined ? {} : { pull_request }),
  };
}

/** Posts an artifact. @throws UsageError where it is not about what the event is about */
async function claim(
  context: CliContext,
  trusted: Partial<CiBuild>,
  values: Values<typeof OPTIONS>,
  file: string | undefined,
): Promise<number> {
  if (file === undefined) throw new UsageError('the artifact is missing: bw ci claim FILE');
  const read = await readArtifact(file, context.working_directory);
  const remote = await git(context.working_directory, ['config', '--get', 'remote.origin.url']);
  const found = findHost(context.environment, trusted, remote);
  const host = values['no-post'] ? undefined : found.host;
  const report = await claimedReport(read, { trusted, name: values.name ?? DEFAULT_CLAIM, host });
  await writeFiles(context, report, values);
  if (host !== undefined) {
    sayPosted(context, host.name, await publish(host, report));
    return EXIT.ok;
  }
  if (!values['no-post'] && found.host === undefined) context.err.line(`nothing is posted: ${found.why}`);
  return EXIT.ok;
}
