import type { Side } from '@benchwire/shared/contracts/base.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { JobTask } from '@benchwire/shared/contracts/task.ts';
import type { Executor, ExecutorContext, ExecutorReport } from '../../executors/executor.ts';
import { areSameFiles, headResults, incomparable, type Pair, seriesOfPairs, valuesOfPairs } from './merge-pairs.ts';
import { morePairs } from './more-pairs.ts';
import { firstSide } from './pair-order.ts';
import { conditionsOf, readPairs, writePairs } from './saved-pairs.ts';

type BaseSide = NonNullable<JobTask['base_side']>;

/**
 * Measures the head and the base side of a task by turns, on the device of this attempt and in its lease. The results are the
 * head's; the base's are only in `pairs`, so that they are no points of any series.
 *
 * A side that fails ends its pair: an attempt that is made again goes on after the last whole pair, on a device of the same
 * kind. A base that cannot be measured leaves the head's results as they are, with the reason.
 */
export async function executePaired(
  executor: Executor,
  context: ExecutorContext,
  job: Job,
  base: BaseSide,
): Promise<ExecutorReport> {
  const conditions = conditionsOf(job, base);
  const saved = await context.checkpoints.load();
  const pairs = saved?.same_device === true && saved.conditions === conditions ? readPairs(saved.data) : [];
  const found = pairs.length;
  if (found > 0) context.log(`goes on after ${found} pairs of attempt ${saved?.attempt}`);
  const seed = `${job.run_id} ${job.task.task_id}`;
  const began_ms = performance.now();
  let planned_ms = 0;
  let repeated = Math.max(0, found - base.pairs);
  let head: ExecutorReport | undefined;
  for (let wanted = base.pairs; ; ) {
    while (pairs.length < wanted) {
      const first = firstSide(pairs.length, seed);
      context.log(`pair ${pairs.length + 1} of ${wanted}: ${first} first`);
      const measured = await measurePair(executor, context, base, first);
      head = measured.head ?? head;
      if (measured.ok) pairs.push(measured.pair);
      else if (measured.side === 'head' || mayRetry(measured.error, job, context)) return failed(measured, base, head);
      else return withoutBase(executor, context, base, head, measured.error);
      const unkept = await context.checkpoints.save({ conditions, data: writePairs(pairs) });
      if (unkept !== undefined) context.log(unkept);
    }
    const lasted_ms = performance.now() - began_ms;
    if (planned_ms === 0) planned_ms = lasted_ms;
    const spent_ms = lasted_ms - planned_ms;
    const each_ms = lasted_ms / Math.max(1, pairs.length - found);
    const series = seriesOfPairs(pairs, aboutOf(job));
    const more =
      incomparable(pairs, base.commit) === undefined
        ? morePairs(series, job, { repeated, spent_ms, lasted_ms, each_ms })
        : 0;
    if (more === 0) break;
    context.log(`${pairs.length} pairs can't tell: ${more} more`);
    repeated += more;
    wanted = pairs.length + more;
  }
  return together(pairs, head, { job, base, repeated, device_id: context.device.device_id, went_on: found > 0 });
}

type MeasuredPair = { head: ExecutorReport | undefined } & (
  | { ok: true; pair: Pair }
  | { ok: false; side: Side; error: TaskError; report: ExecutorReport }
);

async function measurePair(
  executor: Executor,
  context: ExecutorContext,
  base: BaseSide,
  first: Side,
): Promise<MeasuredPair> {
  const reports: Partial<Record<Side, ExecutorReport>> = {};
  for (const side of first === 'head' ? (['head', 'base'] as const) : (['base', 'head'] as const)) {
    const report = await executor.execute(contextOf(side, context, base));
    reports[side] = report;
    const head = reports.head?.error === null ? reports.head : undefined;
    if (report.error !== null) return { ok: false, side, error: report.error, report, head };
  }
  const { head = NOTHING, base: other = NOTHING } = reports;
  return { ok: true, head, pair: { first, head: trimmed(head), base: trimmed(other) } };
}

const NOTHING: ExecutorReport = {
  error: null,
  results: {},
  environment: {},
  precision: null,
  scenario: null,
  is_simulated: false,
};

const trimmed = ({ results, environment }: ExecutorReport): Pair['head'] => ({ results, environment });

/** What an executor sees when it measures one side: nothing of the other one, and no checkpoint within a pair. */
function contextOf(side: Side, context: ExecutorContext, base: BaseSide): ExecutorContext {
  const none = { load: async () => undefined, save: async () => undefined };
  if (side === 'head') return { ...context, checkpoints: none };
  const { commit, branch } = base;
  return {
    ...context,
    checkpoints: none,
    // What else the source says is of the head.
    source: { commit, ...(branch === undefined ? {} : { branch }), ...repoOf(context) },
    // The base's config is one of the task's executor.
    task: { ...context.task, config: base.config } as ExecutorContext['task'],
    emit: (columns) => context.emit({ ...columns, metric: `base.${columns.metric}`.slice(0, 256) }),
    log: (line) => context.log(`base: ${line}`),
    measured: () => {},
  };
}

const repoOf = ({ source }: ExecutorContext): { repo?: string } =>
  source?.repo === undefined ? {} : { repo: source.repo };

/** Whether the next attempt may do better than this one. */
function mayRetry({ retriable }: TaskError, job: Job, { signal }: ExecutorContext): boolean {
  return signal.aborted || (retriable && job.attempt < job.max_attempts);
}

function failed(
  { side, error, report }: Extract<MeasuredPair, { ok: false }>,
  { commit }: BaseSide,
  head: ExecutorReport | undefined,
): ExecutorReport {
  if (side === 'head') return report;
  const message = `the base side (commit ${commit}): ${error.message}`;
  return { ...(head ?? { ...report, results: {} }), error: { ...error, message } };
}

/** The head alone: measured now, where no pair had begun with it. */
async function withoutBase(
  executor: Executor,
  context: ExecutorContext,
  base: BaseSide,
  measured: ExecutorReport | undefined,
  error: TaskError,
): Promise<ExecutorReport> {
  const head = measured ?? (await executor.execute(contextOf('head', context, base)));
  if (head.error !== null) return head;
  const unavailable = `the base side (commit ${base.commit}) could not be measured: ${error.message}`.slice(0, 2000);
  return withPairs(head, { base_commit: base.commit, first: [], repeated: 0, device_id: '', unavailable, values: [] });
}

interface Together {
  job: Job;
  base: BaseSide;
  repeated: number;
  device_id: string;
  went_on: boolean;
}

function together(
  pairs: readonly Pair[],
  measured: ExecutorReport | undefined,
  { job, base, repeated, device_id, went_on }: Together,
): ExecutorReport {
  const last = pairs.at(-1);
  const head = { ...(measured ?? NOTHING), ...(last === undefined ? {} : { environment: last.head.environment }) };
  const results = headResults(pairs.map((pair) => pair.head));
  const unavailable = incomparable(pairs, base.commit);
  const isSame = last !== undefined && areSameFiles(last);
  const notes = [...(results.notes ?? []), ...(isSame ? ['the head and the base side ran the same files'] : [])];
  const report = {
    ...head,
    results: { ...results, ...(notes.length === 0 ? {} : { notes }) },
    ...(went_on ? { did_only_a_part: true } : {}),
  };
  return withPairs(report, {
    base_commit: base.commit,
    first: pairs.map(({ first }) => first),
    ...{ repeated, device_id },
    ...(unavailable === undefined ? {} : { unavailable: unavailable.slice(0, 2000) }),
    values: valuesOfPairs(pairs, aboutOf(job)),
  });
}

function withPairs(report: ExecutorReport, pairs: NonNullable<ExecutorReport['results']['pairs']>): ExecutorReport {
  const notes = [
    ...(report.results.notes ?? []),
    ...(pairs.unavailable === undefined ? [] : [`not compared with its base: ${pairs.unavailable}`]),
  ];
  return { ...report, results: { ...report.results, ...(notes.length === 0 ? {} : { notes }), pairs } };
}

const aboutOf = ({ task: { executor, benchmark } }: Job) => ({ executor, benchmark });
