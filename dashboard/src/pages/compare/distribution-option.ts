import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber } from '../../format/numbers.ts';

export interface Distribution {
  label: string;
  side: number;
  n: number;
  min: number;
  /** Where the bars end; the few points beyond are in none. */
  bars_to: number;
  /** Of 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99. */
  quantiles: readonly number[];
  histogram: { edges: readonly number[]; counts: readonly number[] };
  task_id: string;
}

/** Over each other as a share per bar, or as the share of samples up to a value, which stays readable with many sides. */
export const FORMS = ['density', 'cumulative'] as const;
export type Form = (typeof FORMS)[number];

/** Filled curves of more sides than these hide each other. */
const MAX_FILLED = 3;

/** What is drawn unless a form is chosen. */
export const formFor = (sides: number): Form => (sides > MAX_FILLED ? 'cumulative' : 'density');

const LABEL_ROW_PX = 15;
/** A label is at most so wide, as a part of the axis. */
const LABEL_WIDTH = 0.09;

/**
 * A row for each of some labels along an axis, 0 the lowest, so that none covers another one: the first row whose last label ends
 * before it begins. Pure.
 */
export function labelRows(places: readonly number[], begin: number, end: number): number[] {
  const width = LABEL_WIDTH * (end - begin || 1);
  const taken: number[] = [];
  const rows = new Array<number>(places.length).fill(0);
  const in_order = places.map((place, at) => ({ place, at })).sort((a, b) => a.place - b.place);
  for (const { place, at } of in_order) {
    const free = taken.findIndex((last) => place - last >= width);
    const row = free < 0 ? taken.length : free;
    taken[row] = place;
    rows[at] = row;
  }
  return rows;
}

/** Each side's samples, with the median as a dashed line whose labels don't cover each other. */
export function distributionOption(
  distributions: readonly Distribution[],
  unit: string,
  colours: ChartColours,
  form: Form = formFor(distributions.length),
): EChartsOption {
  const end = Math.max(...distributions.map(({ bars_to }) => bars_to));
  const begin = Math.min(...distributions.map(({ min }) => min));
  const rows = labelRows(
    distributions.map(({ quantiles }) => quantiles[2] ?? 0),
    begin,
    end,
  );
  return {
    grid: { left: 8, right: 14, top: 56 + LABEL_ROW_PX * Math.max(0, ...rows), bottom: 26, containLabel: true },
    legend: { type: 'scroll', top: 0, left: 0, right: 30 },
    tooltip: { trigger: 'axis', valueFormatter: (value) => `${formatNumber(value as number)} %` },
    xAxis: {
      type: 'value',
      name: unit,
      nameLocation: 'middle',
      nameGap: 24,
      min: begin,
      max: end,
      axisLabel: { formatter: formatNumber },
    },
    yAxis: {
      type: 'value',
      ...(form === 'cumulative' ? { max: 100 } : {}),
      name: form === 'cumulative' ? '% of samples up to' : '% of samples',
      nameTextStyle: { align: 'left' },
      axisLabel: { formatter: '{value}' },
    },
    series: distributions.map((distribution, at) => ({
      name: distribution.label,
      type: 'line',
      showSymbol: false,
      color: colours.categories[distribution.side % colours.categories.length] ?? colours.text,
      lineStyle: { width: 1.6 },
      ...(form === 'cumulative' ? cumulative(distribution) : density(distribution)),
      markLine: {
        symbol: 'none',
        silent: true,
        lineStyle: { type: 'dashed' },
        label: {
          ...{ formatter: formatNumber(distribution.quantiles[2]), color: colours.text, position: 'end', rotate: 0 },
          distance: 4 + LABEL_ROW_PX * (rows[at] ?? 0),
        },
        data: [{ xAxis: distribution.quantiles[2] ?? 0 }],
      },
    })),
  };
}

const density = ({ n, histogram: { edges, counts } }: Distribution) => ({
  step: 'end' as const,
  areaStyle: { opacity: 0.12 },
  data: counts.map((count, bar) => [((edges[bar] ?? 0) + (edges[bar + 1] ?? 0)) / 2, (100 * count) / n]),
});

/** From nothing at the first edge to what is in the bars at the last one: the samples beyond are missing to 100 %. */
export function cumulative({ n, histogram: { edges, counts } }: Distribution): { data: number[][] } {
  let sum = 0;
  return {
    data: [
      [edges[0] ?? 0, 0],
      ...counts.map((count, bar) => {
        sum += count;
        return [edges[bar + 1] ?? 0, (100 * sum) / n];
      }),
    ],
  };
}
