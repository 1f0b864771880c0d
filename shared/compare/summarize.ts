import type { ComparedRow, Comparison, Verdict } from '../contracts/comparison.ts';
import { modelName } from '../format/model-name.ts';
import { geometricMean } from '../stats/geometric-mean.ts';
import { count, percent } from './words.ts';

type Summary = Comparison['sides'][number]['summary'][number];

/** How a side differs from the first one, for each metric that both have. */
export function summarize(rows: readonly ComparedRow[], side: number): Summary[] {
  const by_metric = Map.groupBy(
    rows.filter(({ cells }) => cells[0] != null && cells[side] != null),
    ({ metric }) => metric,
  );
  return [...by_metric].map(([metric, of_metric]) => {
    const ofVerdict = (verdict: Verdict): number =>
      of_metric.filter(({ differences }) => differences[side]?.verdict === verdict).length;
    const counts = {
      ...{ better: ofVerdict('better'), worse: ofVerdict('worse'), different: ofVerdict('different') },
      ...{ same: ofVerdict('same'), unknown: ofVerdict('unknown') },
    };
    const mean_change_percent = meanChange(of_metric, side);
    return {
      ...{ metric, rows: of_metric.length, ...counts, mean_change_percent },
      sentence: sentenceOf(metric, of_metric, side, counts, mean_change_percent),
    };
  });
}

function meanChange(rows: readonly ComparedRow[], side: number): number | null {
  const mean = geometricMean(rows.map(({ cells }) => (cells[side]?.value ?? NaN) / (cells[0]?.value ?? NaN)));
  return mean === null ? null : 100 * (mean - 1);
}

function sentenceOf(
  metric: string,
  rows: readonly ComparedRow[],
  side: number,
  { better, worse, different, same, unknown }: Pick<Summary, Verdict>,
  mean: number | null,
): string {
  const of = rows.length;
  const beyond = better + worse + different;
  const average = mean === null ? '' : `, ${percent(mean)} on average${of > 1 ? ' (geometric mean)' : ''}`;
  const repeat =
    unknown === 0
      ? ''
      : ` ${unknown === of ? 'How' : `Of ${unknown} how`} much one run differs from the next is not known yet: repeat the runs.`;
  if (beyond === 0) {
    const found = same === 0 ? '' : `no difference that is more than noise in ${values(same)}`;
    const told = found === '' ? `${values(of)}${average}` : `${found}${average}`;
    return `${metric}: ${told}.${repeat}`;
  }
  const parts = [
    ...(better > 0 ? [`${better} better`] : []),
    ...(worse > 0 ? [`${worse} worse`] : []),
    ...(different > 0 ? [`${different} different`] : []),
    ...(same > 0 ? [`${same} within noise`] : []),
    ...(unknown > 0 ? [`${unknown} not known`] : []),
  ];
  return `${metric}: ${parts.join(', ')} of ${values(of)}${average}; ${farthest(rows, side)}.`;
}

const values = (of: number): string => count(of, 'value');
const isBeyond = (verdict: Verdict): boolean => verdict === 'better' || verdict === 'worse' || verdict === 'different';

/** Where the difference is greatest among those that are more than noise. */
function farthest(rows: readonly ComparedRow[], side: number): string {
  const size = (row: ComparedRow): number => Math.abs(row.differences[side]?.change_percent ?? 0);
  const [most] = rows
    .filter(({ differences }) => isBeyond(differences[side]?.verdict ?? 'same'))
    .toSorted((a, b) => size(b) - size(a));
  const change = most?.differences[side]?.change_percent;
  if (most === undefined || change == null) return 'none of them in percent';
  const place = [
    modelName(most.model) || most.benchmark,
    most.batch_size === null ? '' : `batch ${most.batch_size}`,
    most.precision,
  ]
    .filter((part) => part !== '')
    .join(', ');
  return `the most ${percent(change)} (${place})`;
}
