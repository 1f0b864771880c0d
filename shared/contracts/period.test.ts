import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Period, periodLabel, periodValue, readPeriod } from './period.ts';

const END = Date.parse('2026-11-30T12:00:00.000Z');
const read = (text: string): Period | undefined => readPeriod(text, END);

describe('a period', () => {
  it.each([
    [
      '30d',
      { kind: 'time', since: '2026-10-31T12:00:00.000Z', until: '2026-11-30T12:00:00.000Z' },
      '2026-10-31 12:00 to 2026-11-30 12:00 UTC',
    ],
    [
      '2026-10-01',
      { kind: 'time', since: '2026-10-01T00:00:00.000Z', until: '2026-10-02T00:00:00.000Z' },
      '2026-10-01',
    ],
    [
      '2026-10-01..2026-10-31',
      { kind: 'time', since: '2026-10-01T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z' },
      '2026-10-01 to 2026-10-31',
    ],
    [
      '2026-10-01T06:00+02:00..2026-10-01T05:00Z',
      { kind: 'time', since: '2026-10-01T04:00:00.000Z', until: '2026-10-01T05:00:00.000Z' },
      '2026-10-01 04:00 to 2026-10-01 05:00 UTC',
    ],
    ['commit:abc1234', { kind: 'commit', name: 'abc1234' }, 'commit abc1234'],
    ['version:1.4', { kind: 'version', name: '1.4' }, 'version 1.4'],
    ['tag:release=1.4', { kind: 'tag', name: 'release', value: '1.4' }, 'tag release=1.4'],
    ['tag:nightly', { kind: 'tag', name: 'nightly', value: undefined }, 'tag nightly'],
  ])('%s is read and named', (text, period, label) => {
    expect(read(text)).toEqual(period);
    expect(periodLabel(period as Period)).toBe(label);
  });

  it.each([
    '',
    'yesterday',
    '0d',
    '2026-02-30',
    '2026-10-02..2026-10-01',
    '2026-10-01..',
    'commit:ab',
    'tag:',
    '99999w',
    '2026-10-01..2026-10-02..2026-10-03',
  ])('"%s" is none', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('is read from what it is written as, whatever the time', () => {
    const time = fc.date({ min: new Date(0), max: new Date('2199-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, fc.integer(), (a, b, end_ms) => {
        fc.pre(a.getTime() !== b.getTime());
        const [since = '', until = ''] = [a.toISOString(), b.toISOString()].sort();
        const period: Period = { kind: 'time', since, until };
        expect(readPeriod(periodValue(period), end_ms)).toEqual(period);
      }),
    );
  });
});
