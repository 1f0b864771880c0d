import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Load, loadsAt, type Row, solvePrices } from './prices.ts';

describe('prices', () => {
  it('send each kind of work where it is comparatively fast, and keep all pools busy equally long', () => {
    const rows: Row[] = [
      { tasks: 1000, times_ms: [100, 1000] },
      { tasks: 1000, times_ms: [50, 100] },
    ];
    const pools: Load[] = [
      { slots: 1, busy_ms: 0 },
      { slots: 1, busy_ms: 0 },
    ];
    const prices = solvePrices(rows, pools, undefined, 500);
    const [a, b] = loadsAt(rows, pools, prices);
    // The optimum: all of the first kind on the first pool, 1000 · 100 ms on either.
    expect(a).toBeGreaterThan(90_000);
    expect(Math.max(a ?? 0, b ?? 0)).toBeLessThan(110_000);
  });

  it('stay finite and positive whatever the work and the fleet', () => {
    const time = fc.oneof(fc.double({ min: 1, max: 1e7, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain((pools) =>
          fc.record({
            rows: fc.array(
              fc.record({
                tasks: fc.integer({ min: 1, max: 1e6 }),
                times_ms: fc.array(time, { minLength: pools, maxLength: pools }),
              }),
              { maxLength: 6 },
            ),
            loads: fc.array(fc.record({ slots: fc.nat(100), busy_ms: fc.integer({ min: 0, max: 1e6 }) }), {
              minLength: pools,
              maxLength: pools,
            }),
          }),
        ),
        ({ rows, loads }) => {
          const prices = solvePrices(rows, loads, undefined, 50);
          expect(prices).toHaveLength(loads.length);
          for (const price of prices) expect(price > 0 && Number.isFinite(price)).toBe(true);
          for (const load of loadsAt(rows, loads, prices)) expect(load).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
