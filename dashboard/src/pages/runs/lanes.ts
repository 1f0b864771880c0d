import type { ResultRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts/types/dist/echarts';
import { cellSize } from '../../charts/cell-size.ts';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber, formatSeconds } from '../../format/numbers.ts';
import type { TimeSpan } from './timeline.ts';

type LaneTask = Pick<TaskRow, 'task_id' | 'state' | 'worker_id' | 'pool' | 'started_at' | 'finished_at'>;
type LaneResult = Pick<ResultRow, 'task_id' | 'metric' | 'unit' | 'value' | 'batch_size'>;

/** One task on the device that ran it. */
interface LaneBar {
  task_id: string;
  state: TaskRow['state'];
  from_ms: number;
  to_ms: number;
  /** Its first result, with its unit; empty for a task without one. */
  result: string;
}

/** What one device did in a run. */
export interface Lane {
  worker_id: string;
  pool: string;
  bars: LaneBar[];
}

/** The last attempts of a run's tasks by worker and pool, the busiest pool's names first in the alphabet. Pure. */
export function lanesOf(tasks: readonly LaneTask[], results: readonly LaneResult[], now_ms: number): Lane[] {
  const first = new Map<string, LaneResult>();
  for (const result of results) {
    const known = first.get(result.task_id);
    if (known === undefined || (known.metric !== 'latency_ms' && result.metric === 'latency_ms'))
      first.set(result.task_id, result);
  }
  const lanes = new Map<string, Lane>();
  for (const { task_id, state, worker_id, pool, started_at, finished_at } of tasks) {
    if (started_at === null) continue;
    const key = JSON.stringify([worker_id, pool]);
    const lane = lanes.get(key) ?? { worker_id, pool, bars: [] };
    lanes.set(key, lane);
    const result = first.get(task_id);
    lane.bars.push({
      ...{ task_id, state, from_ms: Date.parse(started_at) },
      to_ms: finished_at === null ? now_ms : Date.parse(finished_at),
      result: result === undefined ? '' : `${formatNumber(result.value)} ${result.unit}`,
    });
  }
  return [...lanes.values()].toSorted((a, b) =>
    `${a.worker_id} ${a.pool}`.localeCompare(`${b.worker_id} ${b.pool}`, 'en', { numeric: true }),
  );
}

const STATES = ['running', 'completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;
const MARGIN = 80;
const LANE = 30;
/** A result is written into bars that have room for it. */
const CHARACTER = 7;

export const lanesHeight = (lanes: number): number => MARGIN + Math.max(1, lanes) * LANE;

/** A row for each device, the run's time from left to right. */
export function lanesOption(
  lanes: readonly Lane[],
  { from_ms, to_ms }: TimeSpan,
  colours: ChartColours,
  nameOf: (lane: Lane) => string,
): EChartsOption {
  const seconds = (ms: number): number => (ms - from_ms) / 1000;
  const series = STATES.flatMap((state) => {
    const bars = lanes.flatMap((lane, row) =>
      lane.bars.filter((bar) => bar.state === state).map((bar) => ({ bar, row, lane })),
    );
    if (bars.length === 0) return [];
    return [
      {
        type: 'custom' as const,
        name: state.replace('_', ' '),
        color: colours.status[state],
        encode: { x: [0, 2], y: 1 },
        data: bars.map(({ bar, row }) => ({
          name: bar.task_id,
          value: [seconds(bar.from_ms), row, seconds(bar.to_ms)],
        })),
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const found = bars[dataIndex];
            if (found === undefined) return '';
            const { bar, lane } = found;
            const took = formatSeconds((bar.to_ms - bar.from_ms) / 1000);
            return [bar.task_id, nameOf(lane), `${state.replace('_', ' ')}, ${took}`, bar.result]
              .filter(Boolean)
              .map(escaped)
              .join('<br>');
          },
        },
        renderItem: drawBar((at) => bars[at]?.bar.result ?? ''),
      },
    ];
  });
  return {
    grid: { left: 8, right: 16, top: 34, bottom: 30, containLabel: true },
    legend: { top: 4, left: 8 },
    tooltip: { trigger: 'item' },
    xAxis: { type: 'value', name: 's', min: 0, max: seconds(to_ms) },
    yAxis: {
      ...{ type: 'category', inverse: true, data: lanes.map(nameOf), splitLine: { show: false } },
      axisLabel: { width: 150, overflow: 'truncate' },
    },
    series: series as NonNullable<EChartsOption['series']>,
  };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const drawBar =
  (textOf: (index: number) => string): CustomSeriesRenderItem =>
  ({ dataIndex }, api) => {
    const [x1 = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
    const [x2 = 0] = api.coord([api.value(2), api.value(1)]);
    const height = cellSize(api).height * 0.7;
    const width = Math.max(2, x2 - x1 - 1);
    const text = textOf(dataIndex);
    return {
      type: 'rect',
      shape: { x: x1, y: y - height / 2, width, height },
      style: { fill: api.visual('color') ?? 'none' },
      ...(text === '' || width < text.length * CHARACTER
        ? {}
        : {
            textContent: { type: 'text', style: { text, fill: '#fff', fontSize: 11 } },
            textConfig: { position: 'inside' },
          }),
    };
  };
