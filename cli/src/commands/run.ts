import type { Client } from '@benchwire/shared/client/client.ts';
import type { Submitted } from '@benchwire/shared/client/submit.ts';
import type { Finding, FindingKind } from '@benchwire/shared/contracts/finding.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { dashboardUrl } from '../connection/dashboard-url.ts';
import { findNewSeries } from '../connection/find-new-series.ts';
import { shortRunId } from '../connection/find-run.ts';
import { verdictOfRun } from '../connection/verdict-of-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { type Follower, followRun } from '../progress/follow-run.ts';
import { liveReporter, plainReporter, type Reporter } from '../progress/reporter.ts';
import { endedOf, finalOutcomes, type RunProgress, totalOf } from '../progress/run-progress.ts';
import { checkRequest } from '../request/check-request.ts';
import { gitSource } from '../request/git-source.ts';
import { type ModelOptions, modelRequest } from '../request/model-request.ts';
import { applyOverrides } from '../request/overrides.ts';
import { readFiles } from '../request/read-files.ts';
import { readRequest, type WrittenRequest } from '../request/read-request.ts';
import { sendFiles } from '../request/send-files.ts';
import { submitWritten } from '../request/submit-written.ts';
import { VERDICT_FORMATS, type VerdictFormat } from '../results/verdict-formats.ts';
import { count } from '../terminal/numbers.ts';
import { oneLine } from '../terminal/text-width.ts';
import { askWhatToDo } from './interrupt-question.ts';
import { reportRun } from './run-report.ts';

/** Bars for single tasks are of no use among more tasks than any screen has lines. */
const MAX_TASKS_WITH_METRICS = 200;

/** Findings that a gate may ask about. */
const FAIL_ON = ['regression', 'change', 'drift', 'outlier', 'failures', 'unusual'] as const satisfies FindingKind[];

export const run = defineCommand({
  name: 'run',
  summary: 'submit a request, follow it, and show the results',
  positionals: ['[FILE|-]'],
  options: {
    model: { kind: 'list', value: 'MODEL', help: 'measure this model, without a file; several: again, or with commas' },
    hardware: {
      kind: 'text',
      value: 'CLASSES',
      help: 'with --model: a task for each, such as cpu,cuda (any one machine)',
    },
    'batch-sizes': { kind: 'text', value: 'SIZES', help: 'with --model: such as 1,2,4 (1)' },
    precision: { kind: 'text', value: 'NAME', help: "with --model: the model file's precision" },
    progressive: { kind: 'flag', help: "with --model: every model's smallest batch size first" },
    incremental: { kind: 'flag', help: 'with --model: leave out what was measured already' },
    'no-upload': { kind: 'flag', help: "don't read or send model files: the workers have them in their model folders" },
    detach: { kind: 'flag', short: 'd', help: 'only submit; print the run id' },
    'fail-on': {
      kind: 'choices',
      choices: FAIL_ON,
      help: 'exit with 2: regression when the verdict fails, others when there is such a finding',
    },
    name: { kind: 'text', value: 'NAME', help: "the run's name" },
    tag: { kind: 'list', value: 'KEY=VALUE', help: 'a tag; may be given several times' },
    'request-id': { kind: 'text', value: 'ID', help: 'submitting the same id again within 24 h gives the same run' },
    commit: { kind: 'text', value: 'SHA', help: 'what is measured: its commit' },
    branch: { kind: 'text', value: 'NAME', help: 'its branch' },
    base: {
      kind: 'text',
      value: 'BRANCH|SHA',
      help: 'what it is compared with: the branch that it is for, or the commit that it began at',
    },
    repo: { kind: 'text', value: 'URL', help: 'its repository' },
    format: { kind: 'choice', choices: VERDICT_FORMATS, help: 'print the verdict as Markdown, or as a JUnit file' },
    'no-git': {
      kind: 'flag',
      help: "don't take commit, branch and repository from git in this folder (never taken in Benchwire's own)",
    },
  },
  details: `
FILE is YAML or JSON: a request, or a single task. - reads it from stdin. --model takes its place for models that are named
like those of \`bw run examples/quickstart.yaml\`, by a path or by an https URL.
Paths of models and inputs count from the folder that bw is called in. What the stack does not have of them is sent to it, so that
every worker can measure it.
Progress goes to stderr, results go to stdout.

Ctrl-C does not end the run. In a terminal bw asks whether to leave the run going, to cancel it, or to go on watching;
elsewhere it leaves it going. A second Ctrl-C leaves at once.

  bw run examples/quickstart.yaml
  bw run --model silero-vad-v5 --hardware cpu,cuda --batch-sizes 1,2,4
  bw run request.yaml --fail-on regression --tag trigger=nightly
  bw run request.yaml --base main --format markdown > comment.md
  bw run request.yaml --fail-on regression,change     # also where nobody knows which way is better
  bw run request.yaml --json > results.json`,
  async run(context, values, [file]) {
    const written = await writtenBy(context, values, file);
    const checked = checkRequest(written);
    const fromGit = values['no-git']
      ? undefined
      : await gitSource(context.working_directory, undefined, context.environment);
    const overrides = { ...values, request_id: values['request-id'], tags: values.tag };
    const request = applyOverrides(checked.request, overrides, fromGit);
    const listed = checked.request.files ?? [];
    const files = values['no-upload'] ? [] : await readFiles(written, checked.tasks, listed, context.working_directory);
    return await withStack(context, async (client) => {
      const sent = await sendFiles(context, client, files);
      const submitted = await submitWritten(client, written, { ...request, files: [...listed, ...(sent ?? [])] });
      if (values.detach) return sayDetached(context, submitted);
      const started: Started = { client, submitted, tasks: checked.tasks, name: request.name };
      return await follow(context, started, values);
    });
  },
});

/** @throws UsageError where neither a file nor a model was named, or both were */
async function writtenBy(
  context: CliContext,
  options: ModelOptions,
  file: string | undefined,
): Promise<WrittenRequest> {
  const ofModel = modelRequest(options);
  if (ofModel === undefined && file === undefined)
    throw new UsageError('nothing to run: `bw run FILE`, `bw run -` for stdin, or `bw run --model MODEL`.');
  if (ofModel !== undefined && file !== undefined)
    throw new UsageError(`--model takes the place of a file: leave out --model or ${file}.`);
  return ofModel ?? (await readRequest(file ?? '-', context.working_directory, context.stdin));
}

interface Started {
  client: Client;
  submitted: Submitted;
  tasks: readonly Task[];
  name: string | undefined;
}

function sayDetached(context: CliContext, { run_id, task_count, duplicate }: Submitted): number {
  if (context.json) context.out.line(JSON.stringify({ run_id, task_count, duplicate }));
  else context.out.line(run_id);
  context.err.line(hints(run_id, duplicate ? 'was submitted before' : `continues with ${count(task_count, 'task')}`));
  return EXIT.ok;
}

function hints(run_id: string, what: string): string {
  const short = shortRunId(run_id);
  return `run ${short} ${what}.\n  watch it   bw watch ${short}\n  results    bw results ${short}\n  cancel it  bw cancel ${short}`;
}

interface FollowOptions {
  'fail-on': readonly FindingKind[];
  format: VerdictFormat | undefined;
}

async function follow(context: CliContext, started: Started, options: FollowOptions): Promise<number> {
  const { submitted, tasks } = started;
  const { run_id } = submitted;
  const { err, errStyle } = context;
  const started_ms = context.now();
  sayStarted(context, started);
  const expected = new Map(tasks.map((task) => [task.task_id, task]));
  const { ended, progress } = await showProgress(context, started, expected, started_ms);
  if (ended === 'left') {
    err.line(hints(run_id, `goes on, ${endedOf(progress)} of ${count(totalOf(progress), 'task')} are done`));
    return EXIT.interrupted;
  }
  if (ended.missing > 0) {
    err.line(
      errStyle.yellow(
        `${count(ended.missing, 'outcome')} are no longer in the stream; \`bw results ${shortRunId(run_id)}\` has what was stored.`,
      ),
    );
  }
  return await sayEnded(context, started, { ...options, progress, expected, started_ms });
}

function sayStarted({ err, errStyle }: CliContext, { submitted, name }: Started): void {
  const { run_id, task_count, duplicate } = submitted;
  const title = name === undefined ? '' : `${errStyle.bold(oneLine(name))}  `;
  const again = duplicate ? errStyle.yellow(', submitted before: nothing new was started') : '';
  err.line(`${title}${count(task_count, 'task')}  ${errStyle.dim(`run ${run_id}`)}${again}`);
}

/** Shows how the run gets on until it has ended, or its user leaves it going. */
async function showProgress(
  context: CliContext,
  { client, submitted, tasks }: Started,
  expected: ReadonlyMap<string, Task>,
  started_ms: number,
): Promise<{ ended: 'left' | { missing: number }; progress: RunProgress }> {
  const { run_id, task_count } = submitted;
  let follower: Follower;
  const options = { context, follower: () => follower, expected, started_ms };
  const live = context.err.isTerminal;
  const left = Promise.withResolvers<'left'>();
  let reporter: Reporter;
  follower = followRun(client, {
    run_id,
    promised: task_count,
    metrics: live && tasks.length <= MAX_TASKS_WITH_METRICS,
    onFinal: (outcome) => reporter.onFinal(outcome),
    onWaiting: (event) => reporter.onWaiting(event),
    onConnection: (connected) => reporter.onConnection(connected),
  });
  reporter = live ? liveReporter(options) : plainReporter(options);
  const release = context.onInterrupt(
    askWhatToDo({ context, client, run_id, reporter, leave: () => left.resolve('left') }),
  );
  let ended: 'left' | { missing: number } = 'left';
  try {
    ended = await Promise.race([follower.over, left.promise]);
  } finally {
    release();
    reporter.stop(ended !== 'left');
    await follower.stop();
  }
  return { ended, progress: follower.progress };
}

interface EndedOptions extends FollowOptions {
  progress: RunProgress;
  expected: ReadonlyMap<string, Task>;
  started_ms: number;
}

/** Prints the summary and the verdict; gives back the exit code. */
async function sayEnded(
  context: CliContext,
  { client, submitted, tasks, name }: Started,
  { 'fail-on': fail_on, format, progress, expected, started_ms }: EndedOptions,
): Promise<number> {
  const { run_id, duplicate } = submitted;
  const findings = fail_on.length > 0 ? await client.settled(run_id, progress.last_sequence) : undefined;
  const said = await verdictOfRun(client, run_id, fail_on.includes('regression') || fail_on.includes('change'));
  const order = tasks.map((task) => task.task_id);
  const new_series = await findNewSeries(client, run_id, finalOutcomes(progress, order), expected);
  const url = dashboardUrl(context, run_id);
  reportRun(context, {
    progress,
    order,
    name,
    duplicate,
    findings,
    said,
    url,
    format,
    fail_on,
    new_series,
    started_ms,
  });
  const completed = progress.finished?.counts?.completed ?? progress.counts.completed;
  return exitCode(completed, totalOf(progress), { findings, verdict: said.verdict }, fail_on);
}

/** A task that did not complete counts more than a regression: then the comparison is not the whole story. */
function exitCode(
  completed: number,
  total: number,
  { findings, verdict }: { findings: readonly Finding[] | undefined; verdict: RunVerdict | undefined },
  fail_on: readonly FindingKind[],
): number {
  if (completed < total) return EXIT.task_failed;
  if (fail_on.includes('regression') && verdict?.outcome === 'fail') return EXIT.regression;
  const hasChanged = verdict?.metrics.some((metric) => metric.verdict === 'changed' && metric.accepted === null);
  if (fail_on.includes('change') && hasChanged === true) return EXIT.regression;
  const isAskedFor = ({ kind, state }: Finding): boolean =>
    kind !== 'regression' && fail_on.includes(kind) && state !== 'dismissed' && state !== 'went_away';
  return findings?.some(isAskedFor) === true ? EXIT.regression : EXIT.ok;
}
