/** `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 03 min`, `3 d 04 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 0) return '0 s';
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const both = (large: string, rest: number, small: string): string =>
    rest === 0 ? large : `${large} ${two(rest)} ${small}`;
  if (whole < 3600) return both(`${Math.floor(whole / 60)} min`, whole % 60, 's');
  if (whole < 86_400) return both(`${Math.floor(whole / 3600)} h`, Math.floor((whole % 3600) / 60), 'min');
  return both(`${Math.floor(whole / 86_400)} d`, Math.floor((whole % 86_400) / 3600), 'h');
}
