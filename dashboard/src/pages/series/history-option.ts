import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { titleOfNote } from '@benchwire/shared/contracts/value-note.ts';
import { notesOfRow } from '@benchwire/shared/format/footnotes.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';
import { type Axis, type Mark, scaleOf, stretchesOf, trendOf } from './history.ts';
import { pointsAxis, type ValueScale, valueAxis, WHOLE, type Zoom } from './history-view.ts';

export interface History {
  points: readonly ResultRow[];
  analysis: SeriesAnalysis | undefined;
  marks: readonly Mark[];
  axis: Axis;
  /** The point that a finding is about. */
  picked?: { run_id: string; task_id: string } | undefined;
  values?: ValueScale | undefined;
  /** Draws the newest level's trend and forecast, too. */
  guesses?: boolean;
  /** What of the axis is shown at first. */
  zoom?: Zoom | undefined;
}

const dashed = 'dashed' as const;

/** A series' points with their intervals, its levels with bands, the newest level's trend and forecast, and what happened. */
export function historyOption(history: History, colours: ChartColours): EChartsOption {
  const { points, analysis, axis, values = 'data', zoom = WHOLE, guesses = false } = history;
  const scale = scaleOf(points, axis);
  const stretches = stretchesOf(analysis, points.length);
  const trend = trendOf(analysis, stretches);
  const [value = colours.text, warm = colours.text] = colours.categories;
  const line = (from: number, to: number, begin: number, end: number): [object, object] => [
    { coord: [scale.ofPoint(from), begin] },
    { coord: [scale.ofPoint(to), end] },
  ];
  const levels = stretches.map(({ from, to, level }) => line(from, to, level, level));
  const trends = trend === null ? [] : [line(trend.from, trend.to, trend.begin, trend.end)];
  return {
    grid: { left: 8, right: 20, top: 54, bottom: 46, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      right: 34,
      type: 'scroll',
      data: ['value', '95 % CI', 'level', ...(guesses ? ['trend', 'forecast'] : [])],
    },
    tooltip: { trigger: 'item' },
    dataZoom: [
      { type: 'inside', ...zoom },
      { type: 'slider', height: 18, bottom: 6, borderColor: colours.line, ...zoom },
    ],
    xAxis: pointsAxis(points, axis),
    yAxis: valueAxis(points, values, stretches.at(-1)?.level ?? points.at(-1)?.value),
    series: [
      ...interval(points, scale.ofPoint, value),
      valueLine(history, scale, stretches, colours),
      plainLines('level', colours.text, levels),
      ...(guesses ? [plainLines('trend', warm, trends), ...forecastLines(history, scale, colours)] : []),
    ] as NonNullable<EChartsOption['series']>,
  };
}

type Scale = ReturnType<typeof scaleOf>;

/** The points, with the levels' bands behind them and a numbered line for each thing that happened. */
function valueLine(
  { points, marks, picked }: History,
  scale: Scale,
  stretches: ReturnType<typeof stretchesOf>,
  colours: ChartColours,
): object {
  const [value = colours.text, warm = colours.text, , violet = colours.text] = colours.categories;
  const found = points.findIndex(({ run_id, task_id }) => run_id === picked?.run_id && task_id === picked.task_id);
  return {
    name: 'value',
    type: 'line',
    color: value,
    lineStyle: { width: 1, opacity: 0.5 },
    symbol: 'circle',
    symbolSize: points.length > 300 ? 3 : 6,
    z: 5,
    data: points.map((point, at) => ({
      name: pointText(point),
      value: [scale.ofPoint(at), point.value],
      ...(at === found ? { symbolSize: 13, itemStyle: { color: warm } } : {}),
    })),
    tooltip: { formatter: '{b}' },
    markArea: {
      silent: true,
      itemStyle: { color: colours.muted, opacity: 0.13 },
      data: stretches.map(({ from, to, low, high }) => [
        { xAxis: scale.ofPoint(from), yAxis: low },
        { xAxis: scale.ofPoint(to), yAxis: high },
      ]),
    },
    markLine: {
      symbol: ['none', 'none'],
      silent: true,
      animation: false,
      data: marks.map((mark, at) => ({
        xAxis: scale.ofTime(mark.at),
        lineStyle: { type: dashed, color: mark.kind === 'finding' ? warm : violet },
        label: { formatter: String(at + 1), color: colours.text, position: 'end' as const, rotate: 0 },
      })),
    },
  };
}

function forecastLines({ points, analysis }: History, scale: Scale, colours: ChartColours): object[] {
  const forecast = analysis?.forecast ?? [];
  const ahead = ({ step }: { step: number }): number => scale.ofPoint(points.length - 1 + step);
  return [
    {
      name: 'forecast',
      type: 'line',
      color: colours.muted,
      symbol: 'none',
      lineStyle: { type: dashed, width: 1.4 },
      data: forecast.map((each) => [ahead(each), each.expected]),
    },
    ...band(
      'forecast',
      colours.muted,
      forecast.map((each) => ({ x: ahead(each), low: each.low, high: each.high })),
    ),
  ];
}

/** Lines that carry no points of their own. */
const plainLines = (name: string, color: string, data: Array<[object, object]>): object => ({
  name,
  type: 'line',
  color,
  symbol: 'none',
  data: [],
  markLine: {
    symbol: ['none', 'none'],
    silent: true,
    label: { show: false },
    lineStyle: { type: 'solid', width: 2, color },
    data,
  },
});

function interval(points: readonly ResultRow[], x: (index: number) => number, color: string): object[] {
  if (!points.some(({ ci_low, ci_high }) => ci_low !== null && ci_high !== null)) return [];
  return band(
    '95 % CI',
    color,
    points.map(({ ci_low, ci_high }, at) => ({ x: x(at), low: ci_low, high: ci_high })),
  );
}

/** The room between two curves: one that isn't seen, and what lies upon it. */
function band(
  name: string,
  color: string,
  places: ReadonlyArray<{ x: number; low: number | null; high: number | null }>,
): object[] {
  const common = { type: 'line', stack: `band of ${name}`, stackStrategy: 'all', symbol: 'none', silent: true, color };
  const none = { lineStyle: { opacity: 0 } };
  return [
    { ...common, ...none, name: `${name}, low`, data: places.map(({ x, low }) => [x, low]) },
    {
      ...common,
      ...none,
      name,
      areaStyle: { opacity: 0.22 },
      data: places.map(({ x, low, high }) => [x, low === null || high === null ? null : high - low]),
    },
  ];
}

function pointText(row: ResultRow): string {
  const { value, unit, ci_low, ci_high, measured_at, commit, branch, samples, steady, printed_value, printed_unit } =
    row;
  const lines = [
    `${formatNumber(value)} ${unit}${printed_value == null ? '' : ` (printed as ${formatNumber(printed_value)} ${printed_unit})`}`,
    ci_low === null || ci_high === null ? '' : `95 % CI ${formatNumber(ci_low)} to ${formatNumber(ci_high)}`,
    `${samples} samples${steady === false ? ', not steady' : ''}`,
    ...notesOfRow(row).map(({ code, text }) => `${titleOfNote(code)}: ${text}`),
    formatWholeTime(measured_at),
    [commit === '' ? '' : `commit ${commit.slice(0, 10)}`, branch].filter(Boolean).join(' on '),
  ];
  return lines.filter((text) => text !== '').join('\n');
}
