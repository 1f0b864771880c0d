import { pairBudget } from '../contracts/gate.ts';
import { IMPORTED_POOL_PREFIX } from '../contracts/imported.ts';
import type { RunRow } from '../contracts/rows.ts';
import type { MetricVerdict, RunRepeats, RunVerdict } from '../contracts/verdict.ts';

/** Tag of a run that measures again what could not be told of another one; its value is that run's id. */
export const REPEATS_TAG = 'benchwire.repeats';
/** Tag of the same run: how many repetitions it spends of the budget. */
export const REPEAT_RUNS_TAG = 'benchwire.repeat_runs';

/** What is to be measured again, at most so often each. */
export interface NextRepeat {
  /** 1-based. */
  round: number;
  runs: number;
  metrics: MetricVerdict[];
}

/** What is known when the next round is decided. */
export interface RepeatState {
  /** As it stands, with the values of all rounds so far. */
  verdict: Pick<RunVerdict, 'metrics' | 'gates'>;
  run: Pick<RunRow, 'state' | 'finished_at'>;
  /** Runs that repeat it. */
  rounds: ReadonlyArray<Pick<RunRow, 'state' | 'tags'>>;
  now: number;
}

/**
 * The next round, or null where there is none: all can be told, the budget is spent, or a round is still under way. Each round
 * spends at least one repetition, so there is a last one. Pure.
 */
export function nextRepeat({ verdict, run, rounds, now }: RepeatState): NextRepeat | null {
  if (run.state !== 'finished' || rounds.some(({ state }) => state !== 'finished')) return null;
  const spent = spentIn(rounds);
  const since_ms = run.finished_at === null ? 0 : now - Date.parse(run.finished_at);
  const wanted = verdict.metrics.flatMap((metric): Array<{ metric: MetricVerdict; runs: number }> => {
    const gate = verdict.gates.find(({ benchmark }) => benchmark === metric.benchmark)?.gate;
    // No worker has what another tool measured.
    if (metric.pool.startsWith(IMPORTED_POOL_PREFIX)) return [];
    if (gate?.on_cannot_tell !== 'repeat' || metric.gate === 'report' || metric.verdict !== 'cannot_tell') return [];
    if (since_ms > gate.repeat_budget.seconds * 1000) return [];
    // Pairs on top were measured in the lease, as far as their own budget goes.
    const left = gate.repeat_budget.runs - spent - inLease(metric);
    return left < 1 ? [] : [{ metric, runs: Math.min(metric.more_repetitions ?? left, left) }];
  });
  if (wanted.length === 0) return null;
  const runs = Math.max(...wanted.map((each) => each.runs));
  return { round: rounds.length + 1, runs, metrics: wanted.map(({ metric }) => metric) };
}

/** What is said of the rounds of a run; undefined where its gates do not ask for any. */
export function repeatsOf(state: RepeatState): RunRepeats | undefined {
  const asking = state.verdict.gates.filter(({ gate }) => gate.on_cannot_tell === 'repeat');
  if (asking.length === 0) return undefined;
  const is_running = state.rounds.some(({ state: each }) => each !== 'finished');
  const spent = spentIn(state.rounds) + Math.max(0, ...state.verdict.metrics.map(inLease));
  const is_paired = state.verdict.metrics.some(({ baseline }) => baseline?.pairs != null);
  const budget = Math.max(
    ...asking.map(({ gate }) => (is_paired ? pairBudget(gate.repeat_budget) : gate.repeat_budget.runs)),
  );
  return { spent, budget, is_running: is_running || nextRepeat(state) !== null };
}

const inLease = ({ baseline }: MetricVerdict): number => baseline?.pairs?.repeated ?? 0;

function spentIn(rounds: RepeatState['rounds']): number {
  return rounds.reduce((sum, { tags }) => sum + (Number(tags[REPEAT_RUNS_TAG]) || 1), 0);
}
