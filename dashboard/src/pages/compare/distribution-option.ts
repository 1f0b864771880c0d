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

/** Each side's samples as a stepped curve of their share per unit, with the median as a line. */
export function distributionOption(
  distributions: readonly Distribution[],
  unit: string,
  colours: ChartColours,
): EChartsOption {
  const end = Math.max(...distributions.map(({ bars_to }) => bars_to));
  const begin = Math.min(...distributions.map(({ min }) => min));
  return {
    grid: { left: 8, right: 14, top: 56, bottom: 26, containLabel: true },
    legend: { type: 'scroll', top: 0, left: 0, right: 30 },
    tooltip: { trigger: 'axis' },
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
      name: '% of samples',
      nameTextStyle: { align: 'left' },
      axisLabel: { formatter: '{value}' },
    },
    series: distributions.map(({ label, side, n, histogram: { edges, counts }, quantiles }) => ({
      name: label,
      type: 'line',
      step: 'end',
      showSymbol: false,
      color: colours.categories[side % colours.categories.length] ?? colours.text,
      areaStyle: { opacity: 0.12 },
      lineStyle: { width: 1.4 },
      data: counts.map((count, bar) => [((edges[bar] ?? 0) + (edges[bar + 1] ?? 0)) / 2, (100 * count) / n]),
      markLine: {
        symbol: 'none',
        silent: true,
        lineStyle: { type: 'dashed' },
        label: { formatter: formatNumber(quantiles[2]), color: colours.text, position: 'end', rotate: 0 },
        data: [{ xAxis: quantiles[2] ?? 0 }],
      },
    })),
  };
}
