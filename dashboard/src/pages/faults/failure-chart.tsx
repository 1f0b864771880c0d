import type { FaultTolerance } from '@benchwire/shared/contracts/fault-tolerance.ts';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { Empty } from '../../parts/states.tsx';
import { failuresOverTime } from './failures-over-time.ts';

/** Stacked bars of failed attempts over time, by class or by pool. */
export function FailureChart({ faults, by }: { faults: FaultTolerance; by: 'error_class' | 'pool' }): ReactNode {
  const { pool: poolName } = useHardwareNames();
  const series = useMemo(() => failuresOverTime(faults, by), [faults, by]);
  const option = useCallback(
    (colours: ChartColours) => ({
      grid: { left: 4, right: 8, top: 28, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, type: 'scroll' as const },
      tooltip: { trigger: 'axis' as const },
      xAxis: { type: 'time' as const },
      yAxis: { type: 'value' as const, minInterval: 1 },
      series: series.map(({ name, bars }, place) => ({
        name: by === 'pool' ? (name === '' ? 'no pool' : poolName(name)) : name.replaceAll('_', ' '),
        type: 'bar' as const,
        stack: 'all',
        barMaxWidth: 18,
        itemStyle: { color: colours.categories[place] ?? colours.muted },
        data: place === 0 ? [...new Map([...emptyBuckets(faults), ...bars])] : bars,
      })),
    }),
    [series, by, poolName, faults],
  );
  if (series.length === 0) return <Empty title="No attempt failed in this time" />;
  const total = series.reduce((sum, each) => sum + each.total, 0);
  return <Chart option={option} height={240} description={`${total} failed attempts over time`} />;
}

/** Every stretch of time with nothing in it: without these a single bar is as wide as the chart, and the axis ends with the last one. */
function emptyBuckets({ since, until, bucket_seconds }: FaultTolerance): Array<[at_ms: number, attempts: number]> {
  const step = 1000 * bucket_seconds;
  const first = Math.floor(Date.parse(since) / step);
  const last = Math.floor(Date.parse(until) / step);
  return Array.from({ length: last - first + 1 }, (_, place) => [(first + place) * step, 0]);
}
