import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from '../../charts/colours.ts';
import { type Axis, type Mark, type Scale, scaleOf, trendOf } from './history.ts';
import { pointsAxis, type ValueScale, valueAxis, WHOLE, type Zoom, zoomParts } from './history-view.ts';
import { outliersOf, type Stretch, stretchesOf } from './levels.ts';
import { drawnValue, type Overlay, overlaysOnAxis, placesOnScale } from './overlay.ts';
import { pointText } from './point-text.ts';

export interface History {
  points: readonly ResultRow[];
  analysis: SeriesAnalysis | undefined;
  marks: readonly Mark[];
  axis: Axis;
  /** The point that a finding is about. */
  picked?: { run_id: string; task_id: string } | undefined;
  values?: ValueScale | undefined;
  /** What is drawn where it is asked for: 95 % intervals, rings around outliers, the newest level's trend and forecast. */
  interval?: boolean;
  outliers?: boolean;
  guesses?: boolean;
  /** Other series over this one. */
  overlays?: readonly Overlay[];
  /** What of the axis is shown at first. */
  zoom?: Zoom | undefined;
}

/** A history with what follows from it: where its points stand, and what is drawn of their values. */
interface Drawn extends History {
  scale: Scale;
  stretches: readonly Stretch[];
  draw: (value: number) => number;
}

const dashed = 'dashed' as const;

/** A series' points, its levels with bands, what happened, other series over it, and what is asked for. */
export function historyOption(history: History, colours: ChartColours): EChartsOption {
  const { points, analysis, axis, values = 'data', zoom = WHOLE, guesses = false, interval = false } = history;
  const scale = scaleOf(points, axis);
  const stretches = stretchesOf(analysis, points);
  const draw = drawnValue(points, values === 'first');
  const drawn: Drawn = { ...history, scale, stretches, draw };
  const trend = trendOf(analysis, stretches);
  const [value = colours.text, warm = colours.text] = colours.categories;
  const levels = stretches.map(({ level, ...ends }) => ({ ...ends, begin: level, end: level }));
  const overlays = overlaysOnAxis(history.overlays ?? [], points[0]?.unit ?? '', values === 'first');
  const names = [...(interval ? ['95 % CI'] : []), 'level', ...(guesses ? ['trend', 'forecast'] : [])];
  return {
    grid: { left: 8, right: 20, top: 54, bottom: 46, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      right: 34,
      type: 'scroll',
      data: ['value', ...names, ...overlays.map(({ name }) => name)],
    },
    tooltip: { trigger: 'item' },
    dataZoom: zoomParts(zoom, colours.line),
    xAxis: pointsAxis(points, axis),
    yAxis: valueAxis(points, values, stretches.at(-1)?.level ?? points.at(-1)?.value),
    series: [
      ...(interval ? intervalBand(drawn, value) : []),
      valueLine(drawn, colours),
      straightLines(drawn, 'level', colours.text, levels),
      ...(guesses
        ? [straightLines(drawn, 'trend', warm, trend === null ? [] : [trend]), ...forecastLines(drawn, colours)]
        : []),
      ...overlays.map((overlay, at) => overlayLine(drawn, overlay, colours.categories[at + 1] ?? colours.muted)),
    ] as NonNullable<EChartsOption['series']>,
  };
}

/** The points, with the levels' bands behind them and a numbered line for each thing that happened. */
function valueLine({ points, marks, picked, outliers, scale, stretches, draw }: Drawn, colours: ChartColours): object {
  const [value = colours.text, warm = colours.text, , violet = colours.text] = colours.categories;
  const found = points.findIndex(({ run_id, task_id }) => run_id === picked?.run_id && task_id === picked.task_id);
  const outside = new Set(outliers === true ? outliersOf(stretches, points) : []);
  const ring = { symbol: 'emptyCircle', symbolSize: 11, itemStyle: { color: warm, borderWidth: 2 } };
  return {
    name: 'value',
    type: 'line',
    color: value,
    lineStyle: { width: 1, opacity: 0.5 },
    symbol: 'circle',
    symbolSize: points.length > 300 ? 3 : 6,
    z: 5,
    data: points.map((point, at) => ({
      name: outside.has(at) ? `outlier\n${pointText(point)}` : pointText(point),
      value: [scale.ofPoint(at), draw(point.value)],
      ...(outside.has(at) ? ring : {}),
      ...(at === found ? { symbolSize: 13, itemStyle: { color: warm } } : {}),
    })),
    tooltip: { formatter: '{b}' },
    markArea: {
      silent: true,
      itemStyle: { color: colours.muted, opacity: 0.13 },
      data: stretches.map(({ from, to, low, high }) => [
        { xAxis: scale.ofPoint(from), yAxis: draw(low) },
        { xAxis: scale.ofPoint(to), yAxis: draw(high) },
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

/** The points of another series. */
function overlayLine({ points, scale, axis, values }: Drawn, overlay: Overlay, color: string): object {
  const draw = drawnValue(overlay.points, values === 'first');
  return {
    name: overlay.name,
    type: 'line',
    color,
    symbol: 'circle',
    symbolSize: overlay.points.length > 300 ? 3 : 5,
    lineStyle: { width: 1.4 },
    data: placesOnScale(points, scale, overlay.points, axis === 'time').map(({ x, point }) => ({
      name: `${overlay.name}\n${pointText(point)}`,
      value: [x, draw(point.value)],
      run_id: point.run_id,
    })),
    tooltip: { formatter: '{b}' },
  };
}

function forecastLines({ points, analysis, scale, draw }: Drawn, colours: ChartColours): object[] {
  // What follows the newest point is drawn after it, and nowhere else.
  const forecast = analysis?.forecast ?? [];
  const ahead = ({ step }: { step: number }): number => scale.ofPoint(points.length - 1 + step);
  return [
    {
      name: 'forecast',
      type: 'line',
      color: colours.muted,
      symbol: 'none',
      lineStyle: { type: dashed, width: 1.4 },
      data: forecast.map((each) => [ahead(each), draw(each.expected)]),
    },
    ...band(
      'forecast',
      colours.muted,
      forecast.map((each) => ({ x: ahead(each), low: draw(each.low), high: draw(each.high) })),
    ),
  ];
}

interface Straight {
  from: number;
  to: number;
  begin: number;
  end: number;
}

/** Straight lines over some of the points, with a place at each of these: a zoom shows the part that is left of a line. */
function straightLines({ scale, draw }: Drawn, name: string, color: string, lines: readonly Straight[]): object {
  return {
    name,
    type: 'line',
    color,
    symbol: 'none',
    silent: true,
    lineStyle: { width: 2 },
    data: lines.flatMap(({ from, to, begin, end }) => [
      ...Array.from({ length: to - from + 1 }, (_, at) => [
        scale.ofPoint(from + at),
        draw(begin + ((end - begin) * at) / Math.max(1, to - from)),
      ]),
      [scale.ofPoint(to), null],
    ]),
  };
}

function intervalBand({ points, scale, draw }: Drawn, color: string): object[] {
  const places = points.map(({ ci_low, ci_high }, at) => ({
    x: scale.ofPoint(at),
    low: ci_low === null ? null : draw(ci_low),
    high: ci_high === null ? null : draw(ci_high),
  }));
  return places.some(({ low, high }) => low !== null && high !== null) ? band('95 % CI', color, places) : [];
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
