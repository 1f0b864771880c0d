import type { ClockOffset } from '../contracts/clock.ts';

/** Beyond its uncertainty a clock may be off by this much without a warning. */
const TOLERATED_MS = 1000;

/** Whether a clock is wrong, as far as can be told. */
export function isClockOff({ offset_ms, uncertainty_ms }: ClockOffset): boolean {
  return Math.abs(offset_ms) > uncertainty_ms + TOLERATED_MS;
}

/** `1 h 0 min slow`, `3.2 s fast`. */
export function describeClock({ offset_ms }: ClockOffset): string {
  return `${describeSpan(Math.abs(offset_ms))} ${offset_ms < 0 ? 'slow' : 'fast'}`;
}

const DAY_MS = 86_400_000;

function describeSpan(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.round(ms / DAY_MS)} days`;
  if (ms >= 3_600_000) return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
