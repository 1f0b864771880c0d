import type { Client } from '@benchwire/shared/client/client.ts';
import type { Submitted } from '@benchwire/shared/client/submit.ts';
import type { Finding, FindingKind } from '@benchwire/shared/contracts/finding.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { dashboardUrl } from '../connection/dashboard-url.ts';
import { findNewSeries } from '../connection/find-new-series.ts';
import { shortRunId } from '../connection/find-run.ts';
import { verdictOfRun } from '../connection/verdict-of-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { type Follower, followRun } from '../progress/follow-run.ts';
import { liveReporter, plainReporter, type Reporter } from '../progress/reporter.ts';
import { endedOf, finalOutcomes, type RunProgress, totalOf } from '../progress/run-progress.ts';
import type { VerdictFormat } from '../results/verdict-formats.ts';
import { count } from '../terminal/numbers.ts';
import { oneLine } from '../terminal/text-width.ts';
import { interruptQuestion } from './interrupt-question.ts';
import { type RunReport, reportRun } from './run-report.ts';

/** Bars for single tasks are of no use among more tasks than any screen has lines. */
const MAX_TASKS_WITH_METRICS = 200;

/** A run that was submitted just now. */
export interface Started {
  client: Client;
  submitted: Submitted;
  tasks: readonly Task[];
  name: string | undefined;
}

/** What `--detach` prints: the run's id, and how to come back to it. */
export function sayDetached(context: CliContext, { run_id, task_count, duplicate }: Submitted): number {
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
  /** Called with what is printed at the end. */
  onEnded?: (report: RunReport) => void;
}

/**
 * Shows the progress of a run until it has ended or the user detaches, then its results, findings and verdict.
 * @returns the exit code
 */
export async function followSubmitted(context: CliContext, started: Started, options: FollowOptions): Promise<number> {
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
    onEvent: (event) => reporter.onEvent(event),
    onConnection: (connected) => reporter.onConnection(connected),
  });
  reporter = live ? liveReporter(options) : plainReporter(options);
  const question = interruptQuestion({ context, client, run_id, reporter, leave: () => left.resolve('left') });
  const release = context.onInterrupt(question.onInterrupt);
  let ended: 'left' | { missing: number } = 'left';
  try {
    ended = await Promise.race([follower.over, left.promise]);
  } finally {
    release();
    question.close();
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
  { 'fail-on': fail_on, format, onEnded, progress, expected, started_ms }: EndedOptions,
): Promise<number> {
  const { run_id, duplicate } = submitted;
  const findings = fail_on.length > 0 ? await client.settled(run_id, progress.last_sequence) : undefined;
  const isGated = fail_on.includes('regression') || fail_on.includes('change');
  const said = await verdictOfRun(client, run_id, isGated, ({ spent, budget }) =>
    context.err.line(
      context.errStyle.dim(`repeating what is too noisy to tell: ${spent} of ${budget} repetitions so far`),
    ),
  );
  const order = tasks.map((task) => task.task_id);
  const new_series = await findNewSeries(client, run_id, finalOutcomes(progress, order), expected);
  const url = await dashboardUrl(context, client.nats, run_id);
  const ended = { progress, order, name, duplicate, findings, said, url };
  const report: RunReport = { ...ended, format, fail_on, new_series, started_ms };
  reportRun(context, report);
  onEnded?.(report);
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
