import type { CustomSeriesRenderItem, EChartsOption } from 'echarts/types/dist/echarts';
import { cellSize } from '../../charts/cell-size.ts';
import type { ChartColours } from '../../charts/colours.ts';
import type { Topology, TopologyNode } from './topology-layout.ts';

const BOX_HEIGHT = 22;
/** Part of its column that a box takes up; the rest is for the lines. */
const BOX_SHARE = 0.78;
const CHARACTER_WIDTH = 6.4;

/** The picture of a topology: boxes in three columns, and lines from each to what it feeds. */
export function topologyChart({ nodes, links, rows }: Topology, colours: ChartColours): EChartsOption {
  const places = new Map(nodes.map((node) => [node.id, node]));
  const lines = links.flatMap(({ from, to }) => {
    const [start, end] = [places.get(from), places.get(to)];
    return start === undefined || end === undefined ? [] : [{ start, end }];
  });
  return {
    grid: { left: 0, right: 0, top: 24, bottom: 4 },
    tooltip: {
      formatter: (({ data }: { data: { name: string; state?: string } }) =>
        data.state === undefined ? data.name : `${data.name}: ${data.state}`) as never,
    },
    xAxis: {
      type: 'category',
      data: ['services', 'pools', 'workers'],
      position: 'top',
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: { type: 'value', show: false, inverse: true, min: 0, max: rows },
    series: [
      {
        type: 'custom',
        name: 'feeds',
        data: lines.map(({ start, end }) => ({
          name: `${start.label} feeds ${end.label}`,
          value: [start.column, start.row, end.column, end.row],
        })),
        renderItem: lineOf(colours),
        silent: true,
      },
      {
        type: 'custom',
        name: 'part',
        data: nodes.map(({ label, state, column, row }) => ({ name: label, state, value: [column, row] })),
        renderItem: boxOf(nodes, colours),
      },
    ],
  };
}

const lineOf =
  (colours: ChartColours): CustomSeriesRenderItem =>
  (_, api) => {
    const half = (cellSize(api).width * BOX_SHARE) / 2;
    const [x1 = 0, y1 = 0] = api.coord([api.value(0), api.value(1)]);
    const [x2 = 0, y2 = 0] = api.coord([api.value(2), api.value(3)]);
    const middle = (x1 + x2) / 2;
    return {
      type: 'bezierCurve',
      shape: { x1: x1 + half, y1, cpx1: middle, cpy1: y1, cpx2: middle, cpy2: y2, x2: x2 - half, y2 },
      style: { stroke: colours.status.waiting, fill: 'none', lineWidth: 1 },
    };
  };

const boxOf =
  (nodes: readonly TopologyNode[], colours: ChartColours): CustomSeriesRenderItem =>
  ({ dataIndex }, api) => {
    const { label, state } = nodes[dataIndex] as TopologyNode;
    const width = cellSize(api).width * BOX_SHARE;
    const [centre = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
    const x = centre - width / 2;
    return {
      type: 'group',
      children: [
        {
          type: 'rect',
          shape: { x, y: y - BOX_HEIGHT / 2, width, height: BOX_HEIGHT, r: 4 },
          style: { fill: colours.ground, ...borderOf(state, colours) },
        },
        {
          type: 'text',
          style: {
            text: shortened(label, Math.floor((width - 16) / CHARACTER_WIDTH)),
            x: x + 8,
            y,
            verticalAlign: 'middle',
            fill: colours.text,
            font: '12px system-ui, sans-serif',
          },
        },
      ],
    };
  };

function borderOf(state: string, { status, line }: ChartColours): Record<string, unknown> {
  if (state === 'ready') return { stroke: status.completed, lineWidth: 1 };
  if (state === 'draining' || state === 'paused') return { stroke: status.timed_out, lineWidth: 1, lineDash: [4, 2] };
  if (state === 'failed' || state === 'quarantined') return { stroke: status.failed, lineWidth: 2 };
  return { stroke: line, lineWidth: 1 };
}

/** Names of workers differ at both ends. */
function shortened(label: string, most: number): string {
  if (label.length <= most) return label;
  const half = Math.max(1, Math.floor((most - 1) / 2));
  return `${label.slice(0, half)}…${label.slice(-half)}`;
}
