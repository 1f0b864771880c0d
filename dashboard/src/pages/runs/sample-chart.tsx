import type { SamplesRow } from '@benchwire/shared/contracts/rows.ts';
import { convert } from '@benchwire/shared/metric/convert.ts';
import { type ReactNode, useCallback } from 'react';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';

/** One line for each task and batch size over the time at which it was measured. */
export function SampleChart({
  series,
  metric,
  scale,
}: {
  series: readonly SamplesRow[];
  metric: string;
  /** `log` shows fast and slow ones side by side. */
  scale: 'value' | 'log';
}): ReactNode {
  // Tasks may have printed it in different units; one axis has one.
  const axis = series[0]?.unit ?? '';
  const option = useCallback(
    (colours: ChartColours) => ({
      grid: { left: 8, right: 14, top: 44, bottom: 44, containLabel: true },
      legend: { type: 'scroll' as const, top: 4, left: 0, right: 0 },
      tooltip: { trigger: 'item' as const },
      dataZoom: [
        { type: 'inside' as const },
        { type: 'slider' as const, height: 18, bottom: 8, borderColor: colours.line },
      ],
      xAxis: { type: 'time' as const },
      yAxis: { type: scale, name: axis, scale: true },
      series: series.map(({ task_id, batch_size, times_ms, values, unit }) => ({
        name: nameOf({ task_id, batch_size, unit }, axis),
        type: 'line' as const,
        showSymbol: times_ms.length < 100,
        symbolSize: 4,
        sampling: 'minmax' as const,
        lineStyle: { width: 1.4 },
        data: times_ms.map((time, index) => [time, inUnit(values[index], unit, axis)]),
      })),
    }),
    [series, scale, axis],
  );
  const samples = series.reduce((sum, { values }) => sum + values.length, 0);
  return (
    <Chart
      option={option}
      height={380}
      description={`${metric} over time: ${samples} samples of ${series.length} tasks and batch sizes`}
    />
  );
}

/** What does not convert is no point of this axis. */
function inUnit(value: number | undefined, unit: string, axis: string): number | null {
  return value === undefined ? null : (convert(value, unit, axis) ?? null);
}

function nameOf(
  { task_id, batch_size, unit }: Pick<SamplesRow, 'task_id' | 'batch_size' | 'unit'>,
  axis: string,
): string {
  const name = batch_size === null ? task_id : `${task_id}, batch ${batch_size}`;
  return convert(1, unit, axis) === undefined ? `${name} (in ${unit || 'no unit'}, not shown)` : name;
}
