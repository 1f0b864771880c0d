import type { ThroughputBucket } from '@benchwire/shared/contracts/api/measurements.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import type { Status } from './throughput.ts';

/** The same picture for files, drawn by the chart library when one is asked for. */
export function throughputOption(
  buckets: readonly ThroughputBucket[],
  shown: readonly Status[],
  colours: ChartColours,
): EChartsOption {
  return {
    grid: { left: 4, right: 8, top: 28, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0 },
    xAxis: { type: 'time' },
    yAxis: { type: 'value', minInterval: 1 },
    series: shown.map((status) => ({
      name: status.replace('_', ' '),
      type: 'bar',
      stack: 'all',
      barMaxWidth: 14,
      itemStyle: { color: colours.status[status] },
      data: buckets.map((bucket) => [Date.parse(bucket.at), (60 * bucket[status]) / bucket.seconds]),
    })),
  };
}
