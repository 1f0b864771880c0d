import type { Style } from './style.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export interface BarPart {
  share: number;
  paint: (text: string) => string;
}

/** A bar of exactly `width` columns, filled from the left up to `share` (0 to 1), in eighths of a character. */
export function bar(share: number, width: number, style: Style, paint = style.green): string {
  const filled = Math.min(1, Math.max(0, share)) * width;
  const whole = Math.floor(filled);
  const rest = EIGHTHS[Math.floor((filled - whole) * 8)] ?? '';
  const body = '█'.repeat(whole) + rest;
  return paint(body) + style.dim('·'.repeat(width - whole - (rest === '' ? 0 : 1)));
}

/** A bar with several parts side by side; what is left over is dotted. */
export function stackedBar(parts: readonly BarPart[], width: number, style: Style): string {
  let drawn = 0;
  let sum = 0;
  let text = '';
  for (const { share, paint } of parts) {
    sum += share;
    // Rounded on the running sum, so that the parts never add up to more than the bar.
    const end = Math.min(width, Math.round(sum * width));
    text += paint('█'.repeat(Math.max(0, end - drawn)));
    drawn = Math.max(drawn, end);
  }
  return text + style.dim('·'.repeat(width - drawn));
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** A line of small columns, one per value, between the least and the greatest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values
    .map((value) => LEVELS[high === low ? 3 : Math.round(((value - low) / (high - low)) * (LEVELS.length - 1))])
    .join('');
}
