import { fourDigits } from '../format/number.ts';
import { type Html, html } from './html.ts';

/** A histogram, small enough for a table's cell. `bars_to` is where the bars end. */
export function histogram({
  min,
  bars_to,
  counts,
  unit,
}: {
  min: number;
  bars_to: number;
  counts: readonly number[];
  unit: string;
}): Html {
  const [width, height] = [120, 26];
  const most = Math.max(...counts, 1);
  const bar = width / Math.max(1, counts.length);
  const label = `from ${fourDigits(min)} to ${fourDigits(bars_to)} ${unit}`;
  const bars = counts.map((count, at) => {
    const tall = (height * count) / most;
    return (
      count > 0 &&
      html`<rect x="${round(at * bar)}" y="${round(height - tall)}" width="${round(bar * 0.9)}" height="${round(tall)}"/>`
    );
  });
  return html`<svg class="bars" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Distribution ${label}"><title>${label}</title>${bars}</svg>`;
}

export interface ScalingPoint {
  batch_size: number;
  value: number;
  low: number | null;
  high: number | null;
}

/** A value by batch size, with its interval; the batch sizes stand as far apart as their powers of two. */
export function scaling(name: string, unit: string, points: readonly ScalingPoint[]): Html {
  const [width, height, left, right, top, bottom] = [330, 170, 52, 12, 22, 26];
  const highest = Math.max(...points.map(({ value, high }) => high ?? value)) || 1;
  const log = points.map(({ batch_size }) => Math.log2(batch_size));
  const [first, last] = [Math.min(...log), Math.max(...log)];
  const x = (at: number): number => left + ((log[at] ?? 0) - first) * ((width - left - right) / (last - first || 1));
  const y = (value: number): number => top + (height - top - bottom) * (1 - value / highest);
  const line = points.map(({ value }, at) => `${at === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(value))}`).join(' ');
  return html`<svg class="scaling" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${name} by batch size">
<text x="0" y="12" class="name">${name}</text>
<line class="axis" x1="${left}" y1="${height - bottom}" x2="${width - right}" y2="${height - bottom}"/>
<text class="tick" x="${left - 6}" y="${round(y(highest)) + 4}" text-anchor="end">${fourDigits(highest)}</text>
<text class="tick" x="${left - 6}" y="${height - bottom + 4}" text-anchor="end">0 ${unit}</text>
${points.map(
  (
    { batch_size, value, low, high },
    at,
  ) => html`<text class="tick" x="${round(x(at))}" y="${height - 8}" text-anchor="middle">${batch_size}</text>
${low !== null && high !== null && html`<line class="interval" x1="${round(x(at))}" y1="${round(y(low))}" x2="${round(x(at))}" y2="${round(y(high))}"/>`}
<circle cx="${round(x(at))}" cy="${round(y(value))}" r="3.5"><title>batch ${batch_size}: ${fourDigits(value)} ${unit}</title></circle>`,
)}
<path d="${line}"/></svg>`;
}

/**
 * Counts over time as bars.
 * @param counts - of each stretch of time from the first one on, none left out
 * @param highest - what the axis ends at, so that several charts can share it
 */
export function overTime(
  name: string,
  counts: readonly number[],
  { from, to, highest }: { from: string; to: string; highest: number },
): Html {
  const [width, height, left, right, top, bottom] = [330, 130, 40, 6, 22, 24];
  const step = (width - left - right) / Math.max(1, counts.length);
  const tall = (count: number): number => ((height - top - bottom) * count) / Math.max(1, highest);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const label = `${name}: ${total} from ${from} to ${to}`;
  return html`<svg class="bars" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}"><title>${label}</title>
<text x="0" y="12" class="name">${name} (${total.toLocaleString('en')})</text>
<line class="axis" x1="${left}" y1="${height - bottom}" x2="${width - right}" y2="${height - bottom}"/>
<text class="tick" x="${left - 6}" y="${top + 8}" text-anchor="end">${highest.toLocaleString('en')}</text>
<text class="tick" x="${left - 6}" y="${height - bottom}" text-anchor="end">0</text>
<text class="tick" x="${left}" y="${height - 8}">${from}</text>
<text class="tick" x="${width - right}" y="${height - 8}" text-anchor="end">${to}</text>
${counts.map(
  (count, at) =>
    count > 0 &&
    html`<rect x="${round(left + at * step)}" y="${round(height - bottom - tall(count))}" width="${round(Math.max(1, step * 0.9))}" height="${round(tall(count))}"/>`,
)}</svg>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
