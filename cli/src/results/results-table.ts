import { type Footnote, footnoteLine, footnotesOf } from '@benchwire/shared/format/footnotes.ts';
import { count, decimalsFor, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';
import type { Measured, MeasuredValue } from './measured.ts';

/** Rows of each table; a run of thousands is for `--format csv`, or for `bw sql`. */
const SHOWN = 50;

/** The tables of a run: latencies per batch size, and whatever metrics programs reported. */
export function resultsTables(measured: readonly Measured[], style: Style, width: number | undefined): string[] {
  const latencies = measured.filter((row) => row.values.has('latency_ms') && row.batch_size !== null);
  const others = measured
    .filter((row) => !latencies.includes(row))
    .flatMap((row) => [...row.values.values()].map((value) => ({ ...value, row })));
  const lines: string[] = [];
  const noted = footnotesOf(
    [
      ...latencies.map((row) => ({ label: labelOf(row), notes: notesOf(row) })),
      ...others.map(({ row, metric, notes }) => ({ label: `${labelOf(row)}, ${metric}`, notes })),
    ],
    IN_A_COLUMN,
  );
  const marks = marker([...latencies.map(notesOf), ...others.map(({ notes }) => notes)], noted.markOf);
  if (latencies.length > 0) {
    lines.push(...renderTable(latencies.slice(0, SHOWN), latencyColumns(latencies, marks), { style, width }));
    lines.push(...cutNote(latencies.length, style));
  }
  if (others.length > 0) {
    if (lines.length > 0) lines.push('');
    lines.push(...renderTable(others.slice(0, SHOWN), metricColumns(marks), { style, width }));
    lines.push(...cutNote(others.length, style));
  }
  return [...lines, ...footnotes(measured, noted.footnotes, style, width)];
}

/** Told by the column `steady` and a line of its own. */
const IN_A_COLUMN = ['not_steady'];

/** All notes on a line of values, whichever of them they are about. */
function notesOf(row: Measured): MeasuredValue['notes'] {
  return [...row.values.values()].flatMap(({ notes }) => notes);
}

function labelOf({ model, task_id, batch_size }: Measured): string {
  return `${oneLine(model || task_id)}${batch_size === null ? '' : `, batch ${batch_size}`}`;
}

/** A value with its mark behind it, all of them equally wide so that the digits stay below each other. */
function marker(
  all: ReadonlyArray<MeasuredValue['notes']>,
  markOf: (notes: MeasuredValue['notes']) => string,
): (text: string, notes: MeasuredValue['notes']) => string {
  const width = Math.max(0, ...all.map((notes) => markOf(notes).length));
  return (text, notes) => (width === 0 ? text : `${text}${markOf(notes).padEnd(width)}`);
}

function cutNote(rows: number, style: Style): string[] {
  return rows <= SHOWN
    ? []
    : [style.dim(`and ${count(rows - SHOWN, 'more row')}: \`bw results RUN --format csv\` has them all`)];
}

function footnotes(
  measured: readonly Measured[],
  noted: readonly Footnote[],
  style: Style,
  width: number | undefined,
): string[] {
  const notes = noted.map((each) => oneLine(footnoteLine(each)));
  const unsteady = measured.filter((row) => row.steady === false).length;
  if (unsteady > 0)
    notes.push(
      `not steady: the value was still moving or jumping while it was measured; take ${unsteady === 1 ? 'it' : 'them'} with care.`,
    );
  if (measured.some((row) => row.is_simulated))
    notes.push('simulated: made up by the executor, not measured; never compared with real results.');
  return notes.length === 0
    ? []
    : ['', ...notes.flatMap((note) => wrap(note, width ?? 120)).map((line) => style.yellow(line))];
}

type Marks = ReturnType<typeof marker>;

function latencyColumns(rows: readonly Measured[], marks: Marks): Array<Column<Measured>> {
  // The task's id only where the model does not say which row is which.
  const keys = rows.map((row) => `${row.model} ${row.precision} ${row.scenario} ${row.batch_size} ${row.pool}`);
  const needsTask = new Set(keys).size < keys.length || rows.some((row) => row.model === '');
  const number = (metric: string) => (row: Measured) => format(row, row.values.get(metric)?.value);
  return [
    { title: 'task', cell: (row) => (needsTask ? row.task_id : ''), shrink_to: 16 },
    { title: 'model', cell: (row) => row.model, shrink_to: 16 },
    { title: 'batch', cell: (row) => String(row.batch_size ?? ''), align: 'right' },
    { title: 'precision', cell: (row) => row.precision, expendable: 6 },
    { title: 'scenario', cell: (row) => (row.scenario === 'single_stream' ? '' : row.scenario), expendable: 4 },
    {
      title: 'median ms',
      cell: (row) => marks(number('latency_ms')(row), notesOf(row)),
      align: 'right',
      paint: (text, _, style) => style.bold(text),
    },
    { title: '95 % interval', cell: (row) => interval(row.values.get('latency_ms')), align: 'right', expendable: 3 },
    { title: 'p90 ms', cell: number('latency_p90_ms'), align: 'right', expendable: 2 },
    { title: 'p99 ms', cell: number('latency_p99_ms'), align: 'right', expendable: 1 },
    {
      title: 'items/s',
      cell: (row) => formatNumber(row.values.get('throughput_items_per_second')?.value),
      align: 'right',
    },
    {
      title: 'memory MB',
      cell: (row) => formatNumber(row.values.get('memory_mb')?.value, 0),
      align: 'right',
      expendable: 5,
    },
    {
      title: 'steady',
      cell: (row) => (row.steady === null ? '' : row.steady ? 'yes' : 'no'),
      paint: (text, row, style) => (row.steady === false ? style.yellow(text) : text),
    },
    { title: 'note', cell: simulated, paint: (text, _, style) => style.yellow(text) },
    { title: 'pool', cell: (row) => row.pool, expendable: 7 },
  ];
}

interface MetricRow extends MeasuredValue {
  row: Measured;
}

const metricColumns = (marks: Marks): Array<Column<MetricRow>> => [
  { title: 'task', cell: ({ row }) => row.task_id, shrink_to: 16 },
  { title: 'model', cell: ({ row }) => row.model, expendable: 1, shrink_to: 12 },
  { title: 'batch', cell: ({ row }) => (row.batch_size === null ? '' : String(row.batch_size)), align: 'right' },
  { title: 'metric', cell: ({ metric }) => metric, shrink_to: 16 },
  {
    title: 'median',
    cell: ({ value, notes }) => marks(formatNumber(value), notes),
    align: 'right',
    paint: (text, _, style) => style.bold(text),
  },
  { title: 'unit', cell: ({ unit }) => unit, shrink_to: 6 },
  { title: '95 % interval', cell: (value) => interval(value), align: 'right', expendable: 2 },
  { title: 'samples', cell: ({ samples }) => formatNumber(samples), align: 'right', expendable: 3 },
  { title: 'note', cell: ({ row }) => simulated(row), paint: (text, _, style) => style.yellow(text) },
  { title: 'pool', cell: ({ row }) => row.pool, expendable: 4 },
];

function simulated(row: Measured): string {
  return row.is_simulated ? 'simulated' : '';
}

/** All latencies of a row with the decimals of its median, so that they compare at a glance. */
function format(row: Measured, value: number | undefined): string {
  const median = row.values.get('latency_ms')?.value;
  return formatNumber(value, median === undefined ? undefined : decimalsFor(median));
}

function interval(value: MeasuredValue | undefined): string {
  if (value === undefined || value.ci_low === null || value.ci_high === null) return '';
  const decimals = decimalsFor(value.value);
  return `${formatNumber(value.ci_low, decimals)} – ${formatNumber(value.ci_high, decimals)}`;
}
