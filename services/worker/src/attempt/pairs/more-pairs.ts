import { MAX_PAIRS } from '@benchwire/shared/contracts/base.ts';
import { directionOf } from '@benchwire/shared/contracts/direction.ts';
import { pairBudget } from '@benchwire/shared/contracts/gate.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { USUAL_CHANGE_PERCENT } from '@benchwire/shared/verdict/compare-with-level.ts';
import { countsIn, directionIn } from '@benchwire/shared/verdict/gate.ts';
import { comparePairs, pairsUntilNextLook } from '@benchwire/shared/verdict/paired.ts';
import type { seriesOfPairs } from './merge-pairs.ts';

/** Pairs on top use so much of a task's timeout at most. */
const TIMEOUT_SHARE = 0.8;

/** What was spent on pairs beyond those that were asked for. */
export interface Spent {
  repeated: number;
  spent_ms: number;
  /** Since the attempt began to measure. */
  lasted_ms: number;
  /** How long a pair takes. */
  each_ms: number;
}

/**
 * How many more pairs are to be measured now, since a metric that counts can't be told: until it is worth
 * looking again, and no more than the budget has left. 0 where all can be told, or the request does not ask for it.
 * Pure.
 */
export function morePairs(
  series: ReturnType<typeof seriesOfPairs>,
  { gate, task }: Pick<Job, 'gate'> & { task: Pick<Job['task'], 'timeout_seconds'> },
  { repeated, spent_ms, lasted_ms, each_ms }: Spent,
): number {
  if (gate?.on_cannot_tell !== 'repeat') return 0;
  const left_ms = Math.min(
    gate.repeat_budget.seconds * 1000 - spent_ms,
    // It is for all pairs together, and an attempt that exceeds it has measured nothing.
    TIMEOUT_SHARE * task.timeout_seconds * 1000 - lasted_ms,
  );
  const in_time = Math.floor(left_ms / Math.max(1, each_ms));
  const measured = Math.max(0, ...series.map(({ head }) => head.length));
  const left = Math.min(pairBudget(gate.repeat_budget) - repeated, in_time, MAX_PAIRS - measured);
  if (left < 1 || measured < 2) return 0;
  const batches = new Set(
    series.filter(({ point }) => point.key.metric === 'latency_ms').map(({ point }) => point.key.batch_size),
  );
  const wanted = series.flatMap(({ point, head, base }) => {
    const { metric, batch_size, series_kind = 'result' } = point.key;
    const known = directionOf({ metric, unit: point.unit, better: point.better });
    if (!countsIn(gate, { metric, batch_size, series_kind, direction: known, has_latency: batches.has(batch_size) }))
      return [];
    const matters_percent = gate.min_change_percent ?? USUAL_CHANGE_PERCENT;
    const said = comparePairs(head, base, { direction: directionIn(gate, known), matters_percent });
    return [pairsUntilNextLook(said)];
  });
  return Math.min(Math.max(0, ...wanted), left);
}
