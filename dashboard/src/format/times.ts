import { formatSeconds } from './numbers.ts';

/** Times come as ISO 8601 in UTC and are shown in the reader's own zone. */

const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** `25 Nov 14:03:12`, or only the clock for today. */
export function formatTime(iso: string, now: number): string {
  const at = new Date(iso);
  const is_today = new Date(now).toDateString() === at.toDateString();
  return is_today ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

/** The clock alone, to the minute. */
export function formatClock(iso: string): string {
  return minutes.format(new Date(iso));
}

/** With year and zone, for a tooltip. */
export function formatWholeTime(iso: string): string {
  return whole.format(new Date(iso));
}

/** `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export function secondsBetween(from: string, to: string | number): number {
  return ((typeof to === 'number' ? to : Date.parse(to)) - Date.parse(from)) / 1000;
}

/** How long from one time to another, `4 min 05 s`. */
export function formatBetween(from: string, to: string | number): string {
  return formatSeconds(Math.max(0, secondsBetween(from, to)));
}
