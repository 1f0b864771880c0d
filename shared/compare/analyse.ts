import type { Analytics, AnalyticsGroup, AnalyticsRow } from '../contracts/analytics.ts';
import type { ComparedRow, Comparison, Verdict } from '../contracts/comparison.ts';
import { geometricMean } from '../stats/geometric-mean.ts';
import { summarize } from './summarize.ts';

const [BASELINE, PERIOD] = [0, 1];

/**
 * A comparison of two periods as people ask for it: in all, by hardware and by model, the worst first, and where a device is
 * named over its values. The changes and their verdicts are those of the values themselves. Pure.
 * @param device - the pool to normalise to
 */
export function analyse({ rows, ...comparison }: Comparison, device: string | null): Analytics {
  const normalised = normalise(rows, device).sort(worstFirst);
  const of = (of: AnalyticsGroup['of'], nameOf: (row: AnalyticsRow) => string): AnalyticsGroup[] =>
    [...Map.groupBy(normalised, (row) => JSON.stringify([row.metric, nameOf(row)])).values()]
      .map((alike) => groupOf(of, alike[0] === undefined ? '' : nameOf(alike[0]), alike, device !== null))
      .sort((a, b) => b.worse - a.worse || harmOf(b) - harmOf(a));
  const groups = [
    ...of('everything', () => ''),
    ...of('hardware', ({ pool }) => pool),
    ...of('model', ({ model, benchmark }) => model || benchmark),
  ];
  const missing =
    device === null ? 0 : normalised.filter(({ relative }) => relative.every((each) => each === null)).length;
  const notes = [...comparison.notes];
  if (missing > 0)
    notes.push(`${missing} of ${normalised.length} values can't be normalised: ${device} has not measured the same.`);
  return { ...comparison, notes, rows: normalised, groups, normalised_to: device };
}

/** Each side's value over that of the device on the same side, where both measured the same thing. */
function normalise(rows: readonly ComparedRow[], device: string | null): AnalyticsRow[] {
  const key = (row: ComparedRow): string =>
    JSON.stringify([
      ...[row.benchmark, row.model, row.executor, row.precision, row.batch_size, row.scenario, row.variant],
      ...[row.metric, row.unit, row.is_simulated],
    ]);
  const of_device = new Map(rows.filter(({ pool }) => pool === device).map((row) => [key(row), row.cells]));
  return rows.map((row) => ({
    ...row,
    relative: row.cells.map((cell, side) => {
      const by = of_device.get(key(row))?.[side];
      return cell == null || by == null || by.value === 0 ? null : cell.value / by.value;
    }),
  }));
}

function groupOf(
  of: AnalyticsGroup['of'],
  name: string,
  rows: readonly AnalyticsRow[],
  is_normalised: boolean,
): AnalyticsGroup {
  const { metric = '', direction = 'unknown' } = rows[0] ?? {};
  const only = (side: number, other: number): number =>
    rows.filter(({ cells }) => cells[side] != null && cells[other] == null).length;
  const [only_baseline, only_period] = [only(BASELINE, PERIOD), only(PERIOD, BASELINE)];
  const nothing = {
    ...{ metric, rows: 0, better: 0, worse: 0, different: 0, same: 0, unknown: 0, mean_change_percent: null },
    sentence: `${metric}: nothing was measured on both sides.`,
  };
  const [summary = nothing] = summarize(rows, PERIOD);
  const alone = [
    ...(only_baseline > 0 ? [`${only_baseline} only in the baseline`] : []),
    ...(only_period > 0 ? [`${only_period} only in the period`] : []),
  ];
  return {
    ...{ of, name, ...summary, direction, only_baseline, only_period },
    sentence: alone.length === 0 ? summary.sentence : `${summary.sentence} Measured ${alone.join(', ')}.`,
    relative: is_normalised ? relativeOf(rows) : null,
  };
}

function relativeOf(rows: readonly AnalyticsRow[]): NonNullable<AnalyticsGroup['relative']> {
  const of = (side: number): number[] =>
    rows.flatMap(({ relative }) => {
      const value = relative[side] ?? 0;
      return value > 0 ? [value] : [];
    });
  const [baseline, period] = [of(BASELINE), of(PERIOD)];
  return {
    ...{ baseline: geometricMean(baseline), period: geometricMean(period) },
    ...{ baseline_values: baseline.length, period_values: period.length },
  };
}

/** How far the mean moved in the wrong direction, in percent; any direction where none is known. */
function harmOf({ mean_change_percent: change, direction }: AnalyticsGroup): number {
  if (change === null) return Number.NEGATIVE_INFINITY;
  if (direction === 'lower_is_better') return change;
  return direction === 'higher_is_better' ? -change : Math.abs(change);
}

const ORDER: Record<Verdict, number> = { worse: 0, different: 1, better: 2, unknown: 3, same: 4 };

function worstFirst(a: AnalyticsRow, b: AnalyticsRow): number {
  const of = (row: AnalyticsRow): readonly [number, number] => {
    const difference = row.differences[PERIOD];
    return [ORDER[difference?.verdict ?? 'unknown'], -Math.abs(difference?.change_percent ?? 0)];
  };
  const [first, second] = [of(a), of(b)];
  return first[0] - second[0] || first[1] - second[1];
}
