import type { ClockOffset } from '@benchwire/shared/contracts/clock.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { describeClock, isClockOff } from '@benchwire/shared/format/clock-words.ts';

/** A clock that was set during an attempt by less is no matter. */
const SET_MS = 1000;

/** What a result has to say of the worker's clock; nothing where it was right all the time, or nobody knows. */
export function clockNote(at_start: ClockOffset | undefined, at_end: ClockOffset | undefined): ValueNote | undefined {
  if (at_end === undefined) return undefined;
  if (isClockOff(at_end)) {
    const within = `${Number(at_end.uncertainty_ms.toPrecision(2))} ms`;
    return noteOn(
      'clock_offset',
      `the worker's clock was ${describeClock(at_end)} (± ${within}) when this was measured; the times here are corrected`,
    );
  }
  if (at_start === undefined) return undefined;
  const set_ms = at_end.offset_ms - at_start.offset_ms;
  if (Math.abs(set_ms) <= SET_MS + at_start.uncertainty_ms + at_end.uncertainty_ms) return undefined;
  const before = describeClock(at_start);
  return noteOn('clock_offset', `the worker's clock was ${before} when this began and was set right meanwhile`);
}
