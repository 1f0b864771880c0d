import type { CustomSeriesRenderItem, EChartsOption } from 'echarts/types/dist/echarts';
import { cellSize } from '../../charts/cell-size.ts';
import type { ChartColours } from '../../charts/colours.ts';
import type { Table } from '../../parts/download.ts';
import { type Life, nameOfKind, type TimeSpan } from './timeline.ts';

const KINDS = ['waiting', 'retry', 'running', 'completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;
const MARGIN = 90;

/** Rows grow thin before the picture grows taller than a browser can draw. */
export const timelineHeight = (tasks: number): number => MARGIN + tasks * Math.min(18, 7500 / Math.max(1, tasks));

/** The tasks' lives as a picture for a file: a row a task, the run's time from left to right. */
export function timelineChart(
  lives: readonly Life[],
  { from_ms, to_ms }: TimeSpan,
  colours: ChartColours,
): EChartsOption {
  const seconds = (ms: number): number => (ms - from_ms) / 1000;
  return {
    grid: { left: 8, right: 16, top: 34, bottom: 30, containLabel: true },
    legend: { top: 4, left: 8 },
    xAxis: { type: 'value', name: 's', min: 0, max: seconds(to_ms) },
    yAxis: { type: 'category', inverse: true, data: lives.map(({ task_id }) => task_id), splitLine: { show: false } },
    series: KINDS.map((kind) => ({
      type: 'custom' as const,
      name: nameOfKind(kind),
      color: kind === 'retry' ? `${colours.status.timed_out}70` : colours.status[kind],
      data: lives.flatMap(({ stretches }, row) =>
        stretches.filter((each) => each.kind === kind).map((each) => [seconds(each.from_ms), row, seconds(each.to_ms)]),
      ),
      renderItem: drawStretch,
    })).filter(({ data }) => data.length > 0),
  };
}

const drawStretch: CustomSeriesRenderItem = (_, api) => {
  const [x1 = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
  const [x2 = 0] = api.coord([api.value(2), api.value(1)]);
  const height = cellSize(api).height * 0.7;
  return {
    type: 'rect',
    shape: { x: x1, y: y - height / 2, width: Math.max(1, x2 - x1), height },
    style: { fill: api.visual('color') ?? 'none' },
  };
};

/** One line a stretch. */
export function timelineTable(lives: readonly Life[]): Table {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    columns: ['task_id', 'kind', 'attempt', 'from', 'to', 'seconds'],
    rows: lives.flatMap(({ task_id, stretches }) =>
      stretches.map(({ kind, attempt, from_ms, to_ms }) => ({
        task_id,
        kind,
        attempt,
        from: time(from_ms),
        to: time(to_ms),
        seconds: (to_ms - from_ms) / 1000,
      })),
    ),
  };
}
