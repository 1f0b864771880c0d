import { MAX_PAIRS } from '@benchwire/shared/contracts/base.ts';
import { directionOf } from '@benchwire/shared/contracts/direction.ts';
import type { Job } from '@benchwire/shared/contracts/job.ts';
import { USUAL_CHANGE_PERCENT } from '@benchwire/shared/verdict/compare-with-level.ts';
import { countsIn, directionIn } from '@benchwire/shared/verdict/gate.ts';
import { comparePairs } from '@benchwire/shared/verdict/paired.ts';
import type { seriesOfPairs } from './merge-pairs.ts';

/** What was spent on pairs beyond those that were asked for. */
export interface Spent {
  repeated: number;
  spent_ms: number;
  /** How long a pair takes. */
  each_ms: number;
}

/**
 * How many more pairs are to be measured now, since a metric that counts can't be told: as many as would do, an even number of
 * them, and no more than the budget has left. 0 where all can be told, nothing would do, or the request does not ask for it.
 * Pure.
 */
export function morePairs(
  series: ReturnType<typeof seriesOfPairs>,
  { gate }: Pick<Job, 'gate'>,
  { repeated, spent_ms, each_ms }: Spent,
): number {
  if (gate?.on_cannot_tell !== 'repeat') return 0;
  const in_time = Math.floor((gate.repeat_budget.seconds * 1000 - spent_ms) / Math.max(1, each_ms));
  const measured = Math.max(0, ...series.map(({ head }) => head.length));
  const left = Math.min(gate.repeat_budget.runs - repeated, in_time, MAX_PAIRS - measured);
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
    // More than any number up to the limit is more than there is.
    return said.verdict === 'cannot_tell' ? [said.more_pairs ?? MAX_PAIRS] : [];
  });
  const most = Math.max(0, ...wanted);
  return most === 0 ? 0 : Math.min(most + (most % 2), left);
}
