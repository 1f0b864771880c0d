import { instantOf } from '../../parts/list/days.ts';

/** Parts of a series' time that one click shows; `since` of the address. */
export const PRESETS = [
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
  { value: '90d', label: '90 days' },
  { value: '', label: 'All' },
] as const;

export interface TimeRange {
  since: string | undefined;
  until: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * The instants of what an address says: days (`30d`, up to now), dates, or whole times; undefined for anything else. Days count
 * from the full hour, so that the same page asks the same question for a while.
 */
export function timeRangeOf(since: string, until: string, now: number): TimeRange {
  const days = /^(\d{1,4})d$/.exec(since)?.[1];
  const hour = Math.floor(now / 3_600_000) * 3_600_000;
  return {
    since: days === undefined ? instantOf(since, 'begin') : new Date(hour - Number(days) * DAY_MS).toISOString(),
    until: instantOf(until, 'end'),
  };
}
