import { UsageError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
/** From 1970 to 2199, the years that the tables hold. */
const YEARS = /^(?:19[7-9]|2[01]\d)\d-/;

/**
 * The time that `--since` names, in UTC: a date, a date with a time, or how long ago (`90min`, `12h`, `7d`).
 * @throws UsageError that says what it takes
 */
export function sinceTime(text: string, now_ms: number): string {
  const ago = /^(\d{1,6})\s*(s|min|h|d|w)$/.exec(text.trim());
  const at_ms = ago === null ? dateOf(text.trim()) : now_ms - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? Number.NaN);
  const at = Number.isFinite(at_ms) && at_ms >= 0 ? new Date(at_ms).toISOString() : '';
  if (YEARS.test(at)) return at;
  throw new UsageError(
    `--since takes a date (2026-11-01), a date with a time (2026-11-01T08:00Z), or how long ago (90min, 12h, 7d), not "${text}".`,
  );
}

/** Without a zone it is UTC, as in everything that bw prints. */
function dateOf(text: string): number {
  const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (written === null) return Number.NaN;
  const [, day = '', time = '00:00', zone = 'Z'] = written;
  const at_ms = Date.parse(`${day}T${time}${zone}`);
  // The 31st of a month with 30 days would count as the 1st of the next one.
  return Number.isNaN(at_ms) || new Date(Date.parse(`${day}T00:00Z`)).toISOString().slice(0, 10) !== day
    ? Number.NaN
    : at_ms;
}
