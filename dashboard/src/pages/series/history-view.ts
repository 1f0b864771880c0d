import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { DataZoomComponentOption } from 'echarts/components';
import type { XAXisOption, YAXisOption } from 'echarts/types/dist/shared';
import { formatNumber, formatPercentChange } from '../../format/numbers.ts';
import type { Axis } from './history.ts';

/**
 * How the values' axis is drawn: to the data, from zero, logarithmic, as the change in percent from the newest level, or with
 * each series in percent of its own first point.
 */
export const VALUE_SCALES = ['data', 'zero', 'log', 'percent', 'first'] as const;
export type ValueScale = (typeof VALUE_SCALES)[number];

/** A part of the points' axis, from 0 to 100 percent of it. */
export interface Zoom {
  start: number;
  end: number;
}

export const WHOLE: Zoom = { start: 0, end: 100 };

/** `12.5-40` of an address; everything for anything else. */
export function readZoom(text: string): Zoom {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const [start, end] = [Number(from), Number(to)];
  return end <= 100 && start < end ? { start, end } : WHOLE;
}

/** Empty for everything, so that it leaves the address. */
export function writeZoom({ start, end }: Zoom): string {
  return start <= 0 && end >= 100 ? '' : `${round(start)}-${round(end)}`;
}

/** A drag in the picture chooses what is shown (charts/drag-zoom.ts), and the bar below it; the wheel alone scrolls the page. */
export function zoomParts(zoom: Zoom, borderColor: string): DataZoomComponentOption[] {
  return [
    { type: 'inside', moveOnMouseMove: false, zoomOnMouseWheel: 'ctrl', ...zoom },
    { type: 'slider', height: 18, bottom: 6, borderColor, ...zoom },
  ];
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** What stands at a place of the axis where one run is a step: its commit, or its number. */
export function placeName(points: readonly Pick<ResultRow, 'commit'>[], place: number, by_commit: boolean): string {
  // Between two runs, where a part of the axis begins or ends.
  if (!Number.isInteger(place)) return '';
  const commit = by_commit ? points[place - 1]?.commit : undefined;
  return commit === undefined || commit === '' ? String(place) : commit.slice(0, 8);
}

/** The points' axis: times, or one run a step. */
export function pointsAxis(points: readonly Pick<ResultRow, 'commit'>[], axis: Axis): XAXisOption {
  if (axis === 'time') return { type: 'time' };
  const formatter = (place: number): string => placeName(points, place, axis === 'commit');
  return { type: 'value', min: 0, minInterval: 1, axisLabel: { formatter } };
}

/** The values' axis. A logarithm needs values above zero: without them it is drawn to the data. */
export function valueAxis(
  points: readonly Pick<ResultRow, 'value' | 'unit'>[],
  scale: ValueScale,
  base: number | undefined,
): YAXisOption {
  if (scale === 'first')
    return { type: 'value', scale: true, name: '% of the first', axisLabel: { formatter: formatNumber } };
  const unit = points[0]?.unit ?? '';
  const label = (tick: number): string =>
    scale === 'percent' && base !== undefined && base !== 0
      ? formatPercentChange((100 * (tick - base)) / Math.abs(base))
      : formatNumber(tick);
  const axis = {
    name: scale === 'percent' ? `% from ${formatNumber(base)} ${unit}` : unit,
    axisLabel: { formatter: label },
  };
  if (scale === 'log' && points.every(({ value }) => value > 0)) return { type: 'log', ...axis };
  return { type: 'value', scale: scale !== 'zero', ...axis };
}
