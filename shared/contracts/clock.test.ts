import { describe, expect, it } from 'vitest';
import { describeClock, isClockOff } from '../format/clock-words.ts';
import { plausibleTime } from './clock.ts';

const HOUR_MS = 3_600_000;
const at = (ms: number): string => new Date(ms).toISOString();
const STORED = Date.parse('2026-11-30T12:00:00.000Z');

describe('clocks', () => {
  it('are off when more than the measuring itself can explain', () => {
    expect(isClockOff({ offset_ms: 900, uncertainty_ms: 0 })).toBe(false);
    expect(isClockOff({ offset_ms: -1400, uncertainty_ms: 500 })).toBe(false);
    expect(isClockOff({ offset_ms: -1600, uncertainty_ms: 500 })).toBe(true);
  });

  it.each([
    [-HOUR_MS, '1 h 0 min slow'],
    [3210, '3.2 s fast'],
    [-90_000, '1 min 30 s slow'],
    [365 * 24 * HOUR_MS, '365 days fast'],
  ])('%d ms read as %s', (offset_ms, words) => {
    expect(describeClock({ offset_ms, uncertainty_ms: 1 })).toBe(words);
  });

  it.each([
    [STORED - 5000, STORED - 5000],
    [STORED - 24 * HOUR_MS, STORED - 24 * HOUR_MS],
    [STORED + 1, STORED],
    [STORED + 40 * 365 * 24 * HOUR_MS, STORED],
    [0, STORED],
    [STORED - 32 * 24 * HOUR_MS, STORED],
  ])('what was written as %d was at %d', (written, plausible) => {
    expect(plausibleTime(at(written), STORED)).toBe(at(plausible));
  });
});
