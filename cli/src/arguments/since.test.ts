import { describe, expect, it } from 'vitest';
import { sinceTime } from './since.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');

describe('--since', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T08:30Z', '2026-11-01T08:30:00.000Z'],
    ['2026-11-01 08:30', '2026-11-01T08:30:00.000Z'],
    ['2026-11-01T08:30:05.25+02:00', '2026-11-01T06:30:05.250Z'],
    ['90min', '2026-11-30T10:30:00.000Z'],
    ['12 h', '2026-11-30T00:00:00.000Z'],
    ['7d', '2026-11-23T12:00:00.000Z'],
    ['2w', '2026-11-16T12:00:00.000Z'],
    // A Monday.
    ['monday', '2026-11-30T00:00:00.000Z'],
    ['Tuesday', '2026-11-24T00:00:00.000Z'],
    ['today', '2026-11-30T00:00:00.000Z'],
    ['yesterday', '2026-11-29T00:00:00.000Z'],
  ])('reads %s', (text, at) => expect(sinceTime(text, NOW)).toBe(at));

  it.each(['', 'someday', '2026-13-01', '2026-11-31', '2026-11', '5', '7 days', '999999w', '9999-01-01', '0001-01-01'])(
    'refuses "%s"',
    (text) => expect(() => sinceTime(text, NOW)).toThrow(/--since takes a date .*, not "/),
  );
});
