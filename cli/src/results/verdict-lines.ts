import type { MetricVerdict, RunVerdict, UndecidedValue } from '@benchwire/shared/contracts/verdict.ts';
import { wordsOf } from '@benchwire/shared/verdict/summary.ts';
import { formatChange, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { wrap } from '../terminal/text-width.ts';

/** Rows of a verdict that is not asked for by itself; `bw verdict RUN` has all. */
const SHOWN = 20;

/** Those whose change is told: metrics that only begin say nothing. */
export const comparedMetrics = ({ metrics }: RunVerdict): MetricVerdict[] =>
  metrics.filter(({ verdict }) => verdict !== 'new');

const COLUMNS: ReadonlyArray<Column<MetricVerdict>> = [
  { title: 'verdict', cell: wordsOf, paint: (text, row, style) => paint(text, row, style) },
  { title: 'change', cell: ({ change_percent }) => formatChange(change_percent), align: 'right' },
  { title: '95 % interval', cell: intervalOf, align: 'right', expendable: 4 },
  { title: 'metric', cell: ({ metric }) => metric, shrink_to: 16 },
  { title: 'task', cell: ({ task_id }) => task_id, shrink_to: 12 },
  { title: 'batch', cell: ({ batch_size }) => (batch_size === null ? '' : String(batch_size)), align: 'right' },
  { title: 'value', cell: ({ value }) => formatNumber(value), align: 'right' },
  {
    title: 'base',
    cell: ({ baseline }) => (baseline === null ? '' : formatNumber(baseline.level)),
    align: 'right',
  },
  { title: 'unit', cell: ({ unit }) => unit, expendable: 6 },
  {
    title: 'sees',
    cell: ({ minimum_detectable_percent: sees }) => (sees === null ? '' : `${formatNumber(sees, 1)} %`),
    align: 'right',
    expendable: 3,
  },
  { title: 'gate', cell: ({ gate }) => gate, expendable: 5, paint: (text, row, style) => paint(text, row, style) },
  { title: 'pool', cell: ({ pool }) => pool, expendable: 7 },
];

/** The verdict of a run as a table and one line. */
export function verdictLines(
  verdict: RunVerdict,
  style: Style,
  width: number | undefined,
  shown: number = SHOWN,
): string[] {
  const compared = comparedMetrics(verdict);
  const rows = compared.slice(0, shown);
  const lines = rows.length === 0 ? [] : [...renderTable(rows, COLUMNS, { style, width }), ''];
  const left = compared.length - rows.length + verdict.left_out;
  if (left > 0) lines.push(style.dim(`${left} more are not shown`), '');
  const doubts = [...notDecidedWords(verdict), ...verdict.warnings.map((warning) => `warning: ${warning}`)];
  lines.push(...doubts.flatMap((line) => wrap(line, width ?? 120)).map(style.yellow));
  const repeated = verdict.repeats?.spent ?? 0;
  const spent = repeated === 0 ? '' : `; ${repeated} of ${verdict.repeats?.budget} repetitions spent`;
  const summary = `verdict: ${verdict.summary}${spent}`;
  lines.push(
    verdict.outcome === 'fail'
      ? style.red(summary)
      : verdict.outcome === 'warn'
        ? style.yellow(summary)
        : style.green(summary),
  );
  return lines;
}

/** Values that decide nothing, by task and reason: many of one program have the same. */
export function notDecidedWords({ not_decided }: Pick<RunVerdict, 'not_decided'>): string[] {
  const alike = Map.groupBy(not_decided, ({ task_id, reason }) => JSON.stringify([task_id, reason]));
  return [...alike.values()].map((values) => {
    const [first, ...others] = values as [UndecidedValue, ...UndecidedValue[]];
    const batch = first.batch_size === null ? '' : ` at batch ${first.batch_size}`;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const measured = `${formatNumber(first.value)} ${first.unit}`.trim();
    return `not decided: ${first.task_id} ${first.metric}${batch}${more}: measured ${measured}, and ${first.reason}`;
  });
}

/** Why, for the metrics that fail, warn or can't be told. */
export function verdictReasons(verdict: RunVerdict): string[] {
  const worth = comparedMetrics(verdict).filter(
    (metric) => metric.gate === 'fail' || metric.gate === 'warn' || metric.verdict === 'cannot_tell',
  );
  return worth.filter(({ gate }) => gate !== 'report').map((metric) => `${nameOf(metric)}: ${metric.reason}`);
}

/** A metric of a run for people. */
export const nameOf = ({
  task_id,
  metric,
  batch_size,
}: Pick<MetricVerdict, 'task_id' | 'metric' | 'batch_size'>): string =>
  `${task_id} ${metric}${batch_size === null ? '' : ` at batch ${batch_size}`}`;

export function intervalOf({ change_low_percent: low, change_high_percent: high }: MetricVerdict): string {
  return low === null || high === null ? '' : `${formatChange(low)} to ${formatChange(high)}`;
}

function paint(text: string, { gate, verdict }: MetricVerdict, style: Style): string {
  if (gate === 'fail') return style.red(text);
  if (gate === 'warn' || verdict === 'cannot_tell') return style.yellow(text);
  if (gate === 'report') return style.dim(text);
  return verdict === 'faster' ? style.green(text) : text;
}
