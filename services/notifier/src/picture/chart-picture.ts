import type { SeriesChart } from '@benchwire/shared/contracts/notify.ts';
import { fourDigits } from '@benchwire/shared/format/number.ts';
import { median as medianOf } from '@benchwire/shared/stats/quantile.ts';
import { Canvas, type Colour, widthOf } from './canvas.ts';
import { pngOf } from './png.ts';

const WIDTH = 560;
const HEIGHT = 190;
const TOP = 34;
const BOTTOM = HEIGHT - 26;
const RIGHT = WIDTH - 76;
const GRID: Colour = [228, 228, 228];
const TEXT: Colour = [85, 85, 85];
const USUAL: Colour = [218, 232, 252];
const BEFORE: Colour = [31, 94, 173];
const AFTER: Colour = [200, 30, 30];
const TICKS = 4;

/** A picture with its size, and what it shows for those who see none. */
export interface Picture {
  png: Buffer;
  width: number;
  height: number;
  alt: string;
}

/**
 * A series around what was found: the values before with their level and the range of 95 % of them, the level since, and the value that was found, marked.
 * Undefined where a value is not a finite number.
 */
export function chartPicture({ title, unit, before, median, low, high, after }: SeriesChart): Picture | undefined {
  const values = [...before, ...after, median, low, high];
  const [found] = after;
  if (found === undefined || !values.every(Number.isFinite)) return undefined;
  const scale = scaleOf(Math.min(...values), Math.max(...values));
  const canvas = new Canvas(WIDTH, HEIGHT);
  const of_unit = unit === null || unit === '' ? '' : ` ${unit}`;
  const left = 14 + Math.max(...scale.ticks.map((tick) => widthOf(fourDigits(tick))));
  const y = (value: number): number => BOTTOM - ((value - scale.from) / (scale.to - scale.from)) * (BOTTOM - TOP);
  const count = before.length + after.length;
  const x = (at: number): number => left + 8 + ((at + 0.5) / count) * (RIGHT - left - 16);
  const border = before.length === 0 ? left : (x(before.length - 1) + x(before.length)) / 2;

  canvas.rectangle(left, y(high), border, y(low), USUAL);
  for (const tick of scale.ticks) {
    canvas.rectangle(left, y(tick) - 0.5, RIGHT, y(tick) + 0.5, GRID);
    canvas.text(left - 6, y(tick) + 4, fourDigits(tick), TEXT, 'end');
  }
  canvas.text(8, 18, `${title}${unit === null ? '' : ` [${unit}]`}`, TEXT);
  canvas.text(RIGHT, 18, 'level before', BEFORE, 'end');
  canvas.text(WIDTH - 8, 18, 'after', AFTER, 'end');
  canvas.line(left, y(median), border, y(median), 2, BEFORE);
  const level = medianOf(after);
  canvas.line(border, y(level), RIGHT, y(level), 2, AFTER);
  for (const [at, value] of before.entries()) canvas.circle(x(at), y(value), 2.2, BEFORE);
  for (const [at, value] of after.entries()) canvas.circle(x(before.length + at), y(value), 2.6, AFTER);
  canvas.circle(x(before.length), y(found), 6, AFTER, 1.5);
  canvas.text(RIGHT + 6, y(level) + 4, `${fourDigits(level)}${of_unit}`.slice(0, 12), AFTER);
  if (Math.abs(y(median) - y(level)) > 13)
    canvas.text(RIGHT + 6, y(median) + 4, `${fourDigits(median)}${of_unit}`.slice(0, 12), BEFORE);
  canvas.text(left, HEIGHT - 8, `${before.length} values before, oldest first; shaded: 95 % of them`, TEXT);
  const alt = `${title}: ${fourDigits(median)} before, ${fourDigits(found)}${of_unit} found`;
  return { png: pngOf(canvas), width: WIDTH, height: HEIGHT, alt };
}

/** Round steps (1, 2, 5) around the values, with a little room. */
function scaleOf(lowest: number, highest: number): { from: number; to: number; ticks: number[] } {
  const room = (highest - lowest || Math.abs(highest) || 1) * 0.06;
  const [from, to] = [lowest - room, highest + room];
  const raw = (to - from) / TICKS;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((each) => each * magnitude >= raw) ?? 10) * magnitude;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return { from, to, ticks: Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => (first + i) * step) };
}
