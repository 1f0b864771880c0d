const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, min: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
const DAY_MS = 864e5;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** From 1970 to 2199, the years that the tables hold. */
const YEARS = /^(?:19[7-9]|2[01]\d)\d-/;

/** What `sinceTime` takes, for errors and descriptions. */
export const SINCE_FORMS =
  'a date (2026-11-01), a date with a time (2026-11-01T08:00Z), how long ago (90min, 12h, 7d), today, yesterday, or a weekday (monday)';

/**
 * The time that a text names, in UTC: a date, a date with a time, how long ago (`90min`, `12h`, `7d`), or the beginning of `today`,
 * `yesterday` or the newest such weekday, which may be today. Undefined for anything else. Pure.
 */
export function sinceTime(written: string, now_ms: number): string | undefined {
  const text = written.trim();
  const ago = /^(\d{1,6})\s*(s|min|h|d|w)$/.exec(text);
  const at_ms =
    ago !== null
      ? now_ms - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? Number.NaN)
      : (dayNamed(text.toLowerCase(), now_ms) ?? dateOf(text));
  const at = Number.isFinite(at_ms) && at_ms >= 0 ? new Date(at_ms).toISOString() : '';
  return YEARS.test(at) ? at : undefined;
}

function dayNamed(text: string, now_ms: number): number | undefined {
  const midnight = Math.floor(now_ms / DAY_MS) * DAY_MS;
  if (text === 'today') return midnight;
  if (text === 'yesterday') return midnight - DAY_MS;
  const weekday = WEEKDAYS.indexOf(text);
  if (weekday === -1) return undefined;
  return midnight - ((new Date(midnight).getUTCDay() - weekday + 7) % 7) * DAY_MS;
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
