import fc from 'fast-check';
import { expect, it } from 'vitest';
import { afterQuietHours, nextClock } from './hours.ts';

const at = (text: string): number => Date.parse(text);
const shown = (ms: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);

it.each([
  ['2026-11-30T23:00:00Z', '2026-12-01T06:00:00Z'],
  ['2026-11-30T03:00:00Z', '2026-11-30T06:00:00Z'],
  ['2026-11-30T12:00:00Z', '2026-11-30T12:00:00Z'],
  ['2026-11-30T06:00:00Z', '2026-11-30T06:00:00Z'],
])('quiet hours over midnight: %s', (time, end) => {
  const quiet = { from: '22:00', to: '06:00', time_zone: 'UTC', except: [] };
  expect(afterQuietHours(at(time), quiet)).toBe(at(end));
});

it('finds the next time that a clock shows, also when clocks are changed', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata');
  const clocks = fc
    .tuple(fc.integer({ min: 4, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
  const times = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z') });
  fc.assert(
    fc.property(times, clocks, zones, (time, clock, zone) => {
      const next = nextClock(time, clock, zone);
      expect(shown(next, zone)).toBe(clock);
      expect(next).toBeGreaterThanOrEqual(time);
      expect(next - time).toBeLessThanOrEqual(26 * 3_600_000);
    }),
  );
});
