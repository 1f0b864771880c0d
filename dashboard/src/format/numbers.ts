/** Numbers as a person reads them: as many digits as they are worth, with thousands marked. */

/** Four significant digits: `0.1096`, `14.95`, `7,776`, `15,400`. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const decimals = size === 0 ? 0 : Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(size))));
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A whole number with thousands marked. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : Math.round(value).toLocaleString('en');
}

/** `+12.3 %`; one decimal, sign always shown. */
export function formatPercentChange(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return '–';
  const sign = percent > 0 ? '+' : percent < 0 ? '−' : '±';
  return `${sign}${Math.abs(percent).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} %`;
}

/** `4 ms`, `0.8 s`, `21 s`, `4 min 05 s`, `2 h 14 min`, `3 d 4 h`. */
export function formatSeconds(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds > 0 && seconds < 0.095) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** Megabytes as they are, or gigabytes from 10,000 MB on. */
export function formatMegabytes(megabytes: number | null | undefined): string {
  if (megabytes === null || megabytes === undefined) return '–';
  return megabytes < 10_000 ? `${formatCount(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
