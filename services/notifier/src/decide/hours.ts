import type { QuietHours } from '@benchwire/shared/contracts/notify.ts';

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** Made once for each time zone: making one takes far longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, made);
  return made;
}

/** Minutes since midnight in a time zone. */
function minuteOfDay(at_ms: number, time_zone: string): number {
  const parts = formatOf(time_zone).formatToParts(at_ms);
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return number('hour') * 60 + number('minute');
}

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The next time that a clock shows this, at or after a time: to the minute, also on days on which clocks are changed. Pure. */
export function nextClock(at_ms: number, clock: string, time_zone: string): number {
  const wanted = minutes(clock);
  const whole = Math.ceil(at_ms / MINUTE_MS) * MINUTE_MS;
  let next = whole + ((wanted - minuteOfDay(whole, time_zone) + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS;
  // Where clocks were changed in between it is off by what they were changed by.
  for (let again = 0; again < 2; again++) {
    const off = ((wanted - minuteOfDay(next, time_zone) + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2;
    if (off === 0) break;
    next += off * MINUTE_MS;
  }
  return next < at_ms ? next + DAY_MINUTES * MINUTE_MS : next;
}

/** When the quiet hours that a time lies in end; the time itself outside of them. Pure. */
export function afterQuietHours(at_ms: number, { from, to, time_zone }: QuietHours): number {
  const [begin, end, now] = [minutes(from), minutes(to), minuteOfDay(at_ms, time_zone)];
  const is_quiet = begin <= end ? now >= begin && now < end : now >= begin || now < end;
  return is_quiet ? nextClock(at_ms, to, time_zone) : at_ms;
}
