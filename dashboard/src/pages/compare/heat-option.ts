import type { ComparedRow, Comparison } from '@benchwire/shared/contracts/comparison.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';

export interface Heat {
  of: 'change' | 'value';
  unit: string;
  models: string[];
  pools: string[];
  /** Geometric mean over the batch sizes and settings of a model on a pool; changes in percent. */
  cells: Array<{ model: string; pool: string; value: number; rows: number }>;
}

/** One number for each model on each pool. */
export function heatOf({ sides }: Comparison, rows: readonly ComparedRow[], side: number, of: Heat['of']): Heat {
  const sideLabel = sides[side]?.label ?? '';
  const ratios = rows.flatMap((row) => {
    const [cell, first] = [row.cells[side], row.cells[0]];
    if (cell == null || (of === 'change' && (first == null || !(first.value > 0)))) return [];
    const value = of === 'change' ? cell.value / (first?.value ?? 1) : cell.value;
    const model = row.model || row.benchmark || sideLabel;
    return value > 0 ? [{ model, pool: row.pool || cell.pool, value }] : [];
  });
  const cells = [...Map.groupBy(ratios, ({ model, pool }) => `${model}\n${pool}`).values()].map((group) => {
    const mean = Math.exp(group.reduce((sum, { value }) => sum + Math.log(value), 0) / group.length);
    const { model = '', pool = '' } = group[0] ?? {};
    return { model, pool, value: of === 'change' ? 100 * (mean - 1) : mean, rows: group.length };
  });
  const unique = (values: string[]): string[] => [...new Set(values)].sort();
  return {
    of,
    unit: of === 'change' ? '%' : (rows[0]?.unit ?? ''),
    models: unique(cells.map(({ model }) => model)),
    pools: unique(cells.map(({ pool }) => pool)),
    cells,
  };
}

/** Changes go from one colour over the ground to another; values from pale to strong. */
export function heatOption({ of, unit, models, pools, cells }: Heat, colours: ChartColours): EChartsOption {
  const most = Math.max(...cells.map(({ value }) => Math.abs(value)), of === 'change' ? 1 : 0);
  const text = (value: number): string => (of === 'change' ? formatPercentChange(value) : formatNumber(value));
  return {
    grid: { left: 4, right: 10, top: 26, bottom: 4, containLabel: true },
    tooltip: {
      formatter: (({ value }: { value: [number, number, number, number] }) =>
        `${models[value[1]]}\n${pools[value[0]]}\n${text(value[2])}${of === 'change' ? '' : ` ${unit}`}, mean of ${value[3]} values`) as never,
    },
    xAxis: { type: 'category', data: pools, splitLine: { show: false }, axisLabel: { interval: 0 } },
    yAxis: {
      type: 'category',
      data: models,
      inverse: true,
      axisLabel: { formatter: modelName },
      splitLine: { show: false },
    },
    visualMap: {
      show: false,
      dimension: 2,
      min: of === 'change' ? -most : Math.min(...cells.map(({ value }) => value)),
      max: most,
      inRange: {
        color:
          of === 'change'
            ? [colours.categories[0] ?? '', colours.ground, colours.categories[1] ?? '']
            : [...colours.ramp],
      },
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ model, pool, value, rows }) => [pools.indexOf(pool), models.indexOf(model), value, rows]),
        label: { show: true, formatter: (({ value }: { value: number[] }) => text(value[2] ?? 0)) as never },
        itemStyle: { borderColor: colours.ground, borderWidth: 2 },
      },
    ],
  };
}
