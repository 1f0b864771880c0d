import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { Empty } from '../../parts/states.tsx';
import { finishedIn, STATUSES } from './throughput.ts';

/** Stacked bars of finished tasks by how they ended, over the last so many minutes. */
export function ThroughputChart({
  buckets,
  minutes,
}: {
  buckets: readonly ThroughputBucket[];
  minutes: number;
}): ReactNode {
  const option = useCallback(
    (colours: ChartColours) => ({
      grid: { left: 4, right: 8, top: 28, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0 },
      tooltip: { trigger: 'axis' as const },
      xAxis: { type: 'time' as const, min: Date.now() - minutes * 60_000, max: Date.now() },
      yAxis: { type: 'value' as const, minInterval: 1 },
      series: STATUSES.filter((status) => status === 'completed' || buckets.some((bucket) => bucket[status] > 0)).map(
        (status) => ({
          name: status.replace('_', ' '),
          type: 'bar' as const,
          stack: 'all',
          barMaxWidth: 14,
          itemStyle: { color: colours.status[status] ?? colours.muted },
          data: buckets.map((bucket) => [Date.parse(bucket.at), (60 * bucket[status]) / bucket.seconds]),
        }),
      ),
    }),
    [buckets, minutes],
  );
  const total = buckets.reduce((sum, bucket) => sum + finishedIn(bucket), 0);
  if (total === 0) return <Empty title="No tasks finished in this period" />;
  return <Chart option={option} height={220} description={`Finished tasks per minute by status, ${total} in all`} />;
}
