import { directionOf } from '../contracts/direction.ts';
import type { AggregateRow } from '../contracts/rows.ts';
import type { SeriesAggregate } from '../contracts/series-aggregate.ts';
import { medianInterval } from '../stats/median-interval.ts';
import { median } from '../stats/quantile.ts';
import { verdictOf } from './compare.ts';
import { judgeDifference } from './judge-difference.ts';

/** What a series comes to: its median with interval, and whether the newest point differs from those before by more than noise. Pure. */
export function aggregateOf({ values, better, ...row }: AggregateRow): SeriesAggregate {
  const interval = medianInterval(values);
  const direction = directionOf({ metric: row.metric, unit: row.unit, better });
  const { noise_percent: _, ...judged } = judgeNewest(values);
  return {
    v: 1,
    ...row,
    direction,
    median: median(values),
    ci_low: interval?.low ?? null,
    ci_high: interval?.high ?? null,
    verdict: verdictOf(direction, judged, judged.p_value),
    ...judged,
  };
}

function judgeNewest(values: readonly number[]): ReturnType<typeof judgeDifference> {
  const measured = (some: readonly number[]) => ({ values: some, ci_low: null, ci_high: null, history: values });
  const before = values.slice(0, -1);
  if (before.length > 0) return judgeDifference(measured(before), measured(values.slice(-1)));
  return {
    ...{ basis: null, change_percent: null, change_low_percent: null, change_high_percent: null },
    ...{ p_value: null, noise_percent: null },
  };
}
