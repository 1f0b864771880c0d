import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Amount, PoolSpeeds } from './pool-speeds.ts';

const log = fc.double({ min: -4, max: 4, noNaN: true });

/** Teaches what every pool takes for every workload but the last one, and the first pool's for that one, too. */
function learn(speeds: PoolSpeeds, seconds: readonly number[][]): Amount[] {
  return seconds.map((by_pool, workload) => {
    const done = workload === seconds.length - 1 ? by_pool.slice(0, 1) : by_pool;
    let amount: Amount | undefined;
    for (const [pool, each] of done.entries()) amount = speeds.learn(amount, `cuda-${pool}`, 'cuda', each);
    return amount ?? { log_seconds: 0, pools: 0 };
  });
}

describe('the speeds of pools', () => {
  it('tell how long a pool takes for what only another one has done', () => {
    fc.assert(
      fc.property(fc.array(log, { minLength: 20, maxLength: 20 }), log, (amounts, slowness) => {
        const speeds = new PoolSpeeds();
        const known = learn(
          speeds,
          amounts.map((amount) => [Math.exp(amount), Math.exp(amount + slowness)]),
        );
        const last = amounts.at(-1) ?? 0;
        const expected = speeds.expect(known.at(-1) ?? { log_seconds: 0, pools: 0 }, 'cuda-1', 'cuda');
        // What the class is taken for still weighs as much as one of nineteen.
        expect(Math.abs(Math.log(expected) - (last + slowness))).toBeLessThanOrEqual(Math.abs(slowness) * 0.25 + 1e-9);
      }),
    );
  });

  it('are those of the class while nothing is known of a pool', () => {
    const speeds = new PoolSpeeds();
    const amount = speeds.learn(undefined, 'cpu-1', 'cpu', 10);
    expect(speeds.expect(amount, 'cpu-2', 'cpu')).toBeCloseTo(10);
    expect(speeds.expect(amount, 'cuda-1', 'cuda')).toBeCloseTo(2);
  });

  it('stay finite, whatever was measured', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: 60 }),
        (observations) => {
          const speeds = new PoolSpeeds();
          const amounts = new Map<number, Amount>();
          for (const [workload, pool, seconds] of observations)
            amounts.set(workload, speeds.learn(amounts.get(workload), `cpu-${pool}`, 'cpu', seconds));
          for (const amount of amounts.values())
            for (let pool = 0; pool < 4; pool++) {
              const expected = speeds.expect(amount, `cpu-${pool}`, 'cpu');
              expect(expected).toBeGreaterThan(0);
              expect(Number.isFinite(expected)).toBe(true);
            }
        },
      ),
    );
  });
});
