import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import { rowNames } from './rows.ts';

export interface ScalingLine {
  name: string;
  side: number;
  /** Of one thing on every side: these lines have one shape of mark. */
  group: number;
  points: Array<{ batch_size: number; value: number; low: number | null; high: number | null }>;
}

/** More lines are a tangle. */
const MAX_LINES = 24;

/** A line for each side and whatever else the rows differ in, over the batch sizes; those with one batch size are left out. */
export function scalingLines({ by, sides }: Comparison, rows: readonly ComparedRow[]): ScalingLine[] {
  if (by === 'batch_size') return [];
  const without = rows.map((row) => ({ ...row, batch_size: null }));
  const names = rowNames(without);
  const groups = Map.groupBy(
    rows.map((row, at) => ({ row, name: names[at] ?? '' })),
    ({ name }) => name,
  );
  return [...groups]
    .flatMap(([name, of_group], group) =>
      sides.map(
        ({ label }, side): ScalingLine => ({
          name: groups.size === 1 ? label : `${label}: ${name}`,
          side,
          group,
          points: of_group
            .flatMap(({ row: { batch_size, cells } }) => {
              const cell = cells[side];
              return cell == null || batch_size === null
                ? []
                : [{ batch_size, value: cell.value, low: cell.ci_low, high: cell.ci_high }];
            })
            .sort((a, b) => a.batch_size - b.batch_size),
        }),
      ),
    )
    .filter(({ points }) => new Set(points.map(({ batch_size }) => batch_size)).size > 1)
    .slice(0, MAX_LINES);
}

const SYMBOLS = ['circle', 'triangle', 'rect', 'diamond', 'pin', 'arrow'];

/** Batch sizes by powers, since they are chosen so. */
export function scalingOption(lines: readonly ScalingLine[], unit: string, colours: ChartColours): EChartsOption {
  return {
    grid: { left: 8, right: 20, top: 56, bottom: 26, containLabel: true },
    legend: { type: 'scroll', top: 0, left: 0, right: 30 },
    tooltip: { trigger: 'item' },
    xAxis: {
      type: 'log',
      logBase: 2,
      name: 'batch size',
      nameLocation: 'middle',
      nameGap: 24,
      axisLabel: { formatter: '{value}' },
    },
    yAxis: { type: 'value', name: unit, scale: true },
    series: lines.map(({ name, side, group, points }) => ({
      name,
      type: 'line',
      color: colours.categories[side % colours.categories.length] ?? colours.text,
      symbol: SYMBOLS[group % SYMBOLS.length] ?? 'circle',
      symbolSize: 7,
      lineStyle: { width: 1.4, type: group === 0 ? 'solid' : group === 1 ? 'dashed' : 'dotted' },
      data: points.map(({ batch_size, value }) => [batch_size, value]),
      markLine: {
        symbol: ['none', 'none'],
        silent: true,
        label: { show: false },
        lineStyle: { type: 'solid', width: 4, opacity: 0.35 },
        data: points.flatMap(({ batch_size, low, high }) =>
          low === null || high === null ? [] : [[{ coord: [batch_size, low] }, { coord: [batch_size, high] }]],
        ) as never,
      },
    })),
  };
}
