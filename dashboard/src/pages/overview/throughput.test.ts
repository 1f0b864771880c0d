import fc from 'fast-check';
import { expect, it } from 'vitest';
import { barsOf, finishedIn } from './throughput.ts';

const BEGIN = Date.parse('2026-11-30T10:00:00.000Z');
const bucketOf = (minute: number, counts: object) => ({
  ...{ at: new Date(BEGIN + minute * 60_000).toISOString(), seconds: 60 },
  ...{ completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0, ...counts },
});

it('stacks what finished in each minute, the top a round number', () => {
  const { bars, top } = barsOf([bucketOf(30, { completed: 3, failed: 1 })], BEGIN, BEGIN + 60 * 60_000);
  expect(top).toBe(5);
  expect(bars[0]).toMatchObject({ x: 0.5, width: 1 / 60 });
  const [completed, failed] = bars[0]?.parts ?? [];
  expect(completed).toEqual({ status: 'completed', y: 1 - 3 / 5, height: 3 / 5 });
  expect(failed?.status).toBe('failed');
  expect(failed?.y).toBeCloseTo(1 / 5);
});

it('every bar is inside the picture', () => {
  const minute = fc.integer({ min: -1, max: 60 });
  const counts = fc.record({ completed: fc.nat(1000), failed: fc.nat(1000), lost: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(fc.tuple(minute, counts), { maxLength: 20 }), (given) => {
      const { bars, top } = barsOf(
        given.map(([at, of]) => bucketOf(at, of)),
        BEGIN,
        BEGIN + 60 * 60_000,
      );
      for (const { bucket, x, width, parts } of bars) {
        expect(finishedIn(bucket)).toBeLessThanOrEqual(top);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(1 + 1e-9);
        for (const { y } of parts) expect(y).toBeGreaterThanOrEqual(-1e-9);
      }
    }),
  );
});
