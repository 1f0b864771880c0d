import { describe, expect, it } from 'vitest';
import { clockNote } from './clock-note.ts';

const off = (offset_ms: number, uncertainty_ms = 2) => ({ offset_ms, uncertainty_ms });

describe('what a result says of the clock', () => {
  it.each([
    [undefined, undefined],
    [off(0), off(0)],
    [off(-300), off(600)],
    [off(0), off(2500, 2000)],
  ])('is nothing for %j and %j', (start, end) => {
    expect(clockNote(start, end)).toBeUndefined();
  });

  it.each([
    [undefined, off(-3_600_000), '1 h 0 min slow (± 2 ms)'],
    [off(0), off(61_000), '1 min 1 s fast'],
    [off(5000), off(0), 'was 5 s fast when this began'],
  ])('for %j and %j has the figures', (start, end, words) => {
    const note = clockNote(start, end);
    expect(note?.code).toBe('clock_offset');
    expect(note?.text).toContain(words);
  });
});
