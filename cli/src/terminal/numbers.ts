export { formatDuration } from '@benchwire/shared/format/duration.ts';

/** Decimals that leave about four digits that mean something, whatever the magnitude. */
export function decimalsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || size >= 1000) return 0;
  if (size >= 100) return 1;
  if (size >= 10) return 2;
  if (size >= 1) return 3;
  return Math.min(9, 3 - Math.floor(Math.log10(size)));
}

const grouped = (decimals: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
const formats = Array.from({ length: 10 }, (_, decimals) => grouped(decimals));

/** `12.34`, `1,234`, `0.01234`. Decimals may be given, so that several numbers of one row look alike. */
export function formatNumber(value: number | null | undefined, decimals?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '';
  if (Number.isInteger(value) && decimals === undefined && Math.abs(value) < 1e15)
    return formats[0]?.format(value) ?? '';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return value.toExponential(3);
  return (formats[Math.min(9, decimals ?? decimalsFor(value))] as Intl.NumberFormat).format(value);
}

/** `+12.3 %`. */
export function formatChange(percent: number | null): string {
  if (percent === null) return '';
  const sign = percent > 0 ? '+' : '';
  return `${sign}${formatNumber(percent, Math.abs(percent) >= 100 ? 0 : 1)} %`;
}

/** `00:34`, `1:02:03`: for clocks that count up, always as wide. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return whole < 3600 ? clock : `${Math.floor(whole / 3600)}:${clock}`;
}

/** `just now`, `5 min ago`, `3 d ago`; from two times in milliseconds. */
export function formatAgo(at_ms: number, now_ms: number): string {
  const seconds = Math.max(0, (now_ms - at_ms) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** `1 task`, `20,000 tasks`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** Bytes in the unit that fits: `512 B`, `3.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
