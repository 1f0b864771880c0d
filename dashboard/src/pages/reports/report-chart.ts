import type { SqlAnswer } from '@benchwire/shared/contracts/api/measurements.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';

export type Kind = 'none' | 'line' | 'bar' | 'scatter';

export interface ChartChoice {
  kind: Kind;
  x: string;
  y: string;
  /** A column whose values are a series each; empty for none. */
  by: string;
}

/** Numbers come as numbers, and 64-bit ones as text. */
const numberOf = (value: unknown): number | null => {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
};

const isNumeric = ({ rows }: SqlAnswer, column: string): boolean =>
  rows.length > 0 && rows.every((row) => row[column] === null || numberOf(row[column]) !== null);

const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$/;
const isTime = ({ rows }: SqlAnswer, column: string): boolean =>
  rows.length > 0 && rows.every((row) => TIME.test(String(row[column])));

/** What was chosen, as far as the answer has it; the rest by what the columns hold: a place, then numbers. */
export function chartOf(answer: SqlAnswer, chosen: ChartChoice): ChartChoice {
  const { columns } = answer;
  const numbers = columns.filter((column) => isNumeric(answer, column));
  const x = columns.includes(chosen.x) ? chosen.x : (columns[0] ?? '');
  const y = numbers.includes(chosen.y) ? chosen.y : (numbers.findLast((column) => column !== x) ?? '');
  const texts = columns.filter((column) => column !== x && column !== y && !numbers.includes(column));
  const by = chosen.by === '-' ? '' : columns.includes(chosen.by) ? chosen.by : (texts[0] ?? '');
  return { kind: chosen.kind, x, y, by };
}

/** The numeric columns, for a choice of them. */
export const numericColumns = (answer: SqlAnswer): string[] =>
  answer.columns.filter((column) => isNumeric(answer, column));

/** The answer as a picture. */
export function reportOption(answer: SqlAnswer, { kind, x, y, by }: ChartChoice, colours: ChartColours): EChartsOption {
  const of_time = isTime(answer, x);
  const of_numbers = !of_time && kind !== 'bar' && isNumeric(answer, x);
  const groups = Map.groupBy(answer.rows, (row) => (by === '' ? y : String(row[by])));
  const places = [...new Set(answer.rows.map((row) => String(row[x])))];
  const placeOf = (row: Record<string, unknown>): unknown =>
    of_time ? Date.parse(timeOf(String(row[x]))) : of_numbers ? numberOf(row[x]) : places.indexOf(String(row[x]));
  return {
    grid: { left: 8, right: 20, top: 54, bottom: 30, containLabel: true },
    legend: { type: 'scroll', top: 0, left: 0, right: 34 },
    tooltip: { trigger: 'item' },
    xAxis: of_time
      ? { type: 'time' }
      : of_numbers
        ? { type: 'value', name: x, nameLocation: 'middle', nameGap: 26, scale: true }
        : { type: 'category', data: places },
    yAxis: { type: 'value', name: y, scale: kind !== 'bar' },
    series: [...groups].slice(0, 40).map(([name, rows], at) => ({
      name,
      type: kind === 'none' ? ('line' as const) : kind,
      color: colours.categories[at % colours.categories.length] ?? colours.text,
      symbolSize: 6,
      barMaxWidth: 40,
      data: rows.map((row) => [placeOf(row), numberOf(row[y])]) as Array<[number, number]>,
    })),
  };
}

/** ClickHouse writes times without a zone, in UTC. */
const timeOf = (text: string): string =>
  text.length <= 10 ? `${text}T00:00:00Z` : `${text.replace(' ', 'T').replace(/Z$/, '')}Z`;
