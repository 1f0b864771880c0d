import type { FailureCell } from '@benchwire/shared/contracts/api/measurements.ts';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { Empty } from '../../parts/states.tsx';

const unique = (values: string[]): string[] => [...new Set(values)].sort();

/** A heat map: how many attempts of each pool failed for which reason. */
export function FailureMap({ cells }: { cells: readonly FailureCell[] }): ReactNode {
  const pools = unique(cells.map(({ pool }) => pool));
  const classes = unique(cells.map(({ error_class }) => error_class));
  const option = useCallback(
    (colours: ChartColours) => {
      const y = unique(cells.map(({ pool }) => pool));
      const x = unique(cells.map(({ error_class }) => error_class));
      const most = Math.max(...cells.map(({ attempts }) => attempts), 1);
      return {
        grid: { left: 4, right: 70, top: 8, bottom: 4, containLabel: true },
        tooltip: {
          formatter: ({ value }: { value: [number, number, number] }) =>
            `${y[value[1]] || 'no pool'}\n${x[value[0]]?.replaceAll('_', ' ')}: ${value[2]} attempts`,
        },
        xAxis: {
          type: 'category' as const,
          data: x.map((name) => name.replaceAll('_', ' ')),
          axisLabel: { interval: 0, rotate: x.length > 4 ? 30 : 0 },
          splitLine: { show: false },
        },
        yAxis: { type: 'category' as const, data: y.map((pool) => pool || 'no pool'), splitLine: { show: false } },
        visualMap: {
          min: 0,
          max: most,
          calculable: false,
          orient: 'vertical' as const,
          right: 0,
          top: 'middle',
          itemHeight: 80,
          itemWidth: 10,
          text: [String(most), '0'],
          textStyle: { color: colours.muted },
          inRange: { color: [...colours.ramp] },
        },
        series: [
          {
            type: 'heatmap' as const,
            data: cells.map(({ pool, error_class, attempts }) => [x.indexOf(error_class), y.indexOf(pool), attempts]),
            label: { show: true },
            itemStyle: { borderColor: colours.ground, borderWidth: 2 },
          },
        ],
      } as never;
    },
    [cells],
  );
  if (cells.length === 0) return <Empty title="No failed attempts" />;
  const total = cells.reduce((sum, { attempts }) => sum + attempts, 0);
  return (
    <Chart
      option={option}
      height={Math.max(170, 60 + 30 * pools.length)}
      description={`${total} failed attempts in ${pools.length} pools, ${classes.length} reasons`}
    />
  );
}
