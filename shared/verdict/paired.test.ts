import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../stats/random.ts';
import { comparePairs, type PairedResult, pairsUntilNextLook } from './paired.ts';

const options = { direction: 'lower_is_better', matters_percent: 5 } as const;

/** A machine on which both sides get slower and faster together, far more than they differ. */
function measure(seed: number, pairs: number, change: number): PairedResult {
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let drift = 0;
  const one = (factor: number): number => {
    drift += 0.01 * normal() + 0.02;
    return 100 * factor * Math.exp(drift + 0.02 * normal());
  };
  const head: number[] = [];
  const base: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) head.push(one(1 + change));
    base.push(one(1));
    if (pair % 2 === 1) head.push(one(1 + change));
  }
  return comparePairs(head, base, options);
}

const share = (n: number, of: (seed: number) => boolean): number =>
  Array.from({ length: n }, (_, seed) => of(seed)).filter(Boolean).length / n;

describe('pairs of a head and a base', () => {
  it.each([4, 6, 8, 14])('are rarely called different by chance while the machine drifts: %i pairs', (pairs) => {
    // Two percent more with each measurement: a history would call nearly each of these slower.
    expect(share(4000, (seed) => measure(seed, pairs, 0).verdict === 'slower')).toBeLessThanOrEqual(0.005);
    expect(share(4000, (seed) => measure(seed, pairs, 0).verdict === 'faster')).toBeLessThanOrEqual(0.005);
  });

  it('show what they say that they can see, in 19 of 20 cases', () => {
    // With 12 pairs of this noise about 8 %.
    const seen = share(2000, (seed) => measure(seed, 12, 0.12).verdict === 'slower');
    expect(seen).toBeGreaterThan(0.95);
    const stated = measure(1, 12, 0).minimum_detectable_percent ?? 0;
    expect(stated).toBeGreaterThan(2);
    expect(stated).toBeLessThan(12);
  });

  it('have an interval that holds the true change in 19 of 20 cases', () => {
    const held = share(4000, (seed) => {
      const { low_percent: low, high_percent: high } = measure(seed, 8, 0.1);
      return low !== null && high !== null && low <= 10 && high >= 10;
    });
    expect(held).toBeGreaterThan(0.935);
    expect(held).toBeLessThan(0.99);
  });

  it('do not let one disturbed side hide a change', () => {
    const base = [100, 101, 99, 100, 101, 99, 100, 100];
    const head = base.map((value, at) => value * (at === 3 ? 0.4 : 1.15 + at / 500));
    expect(comparePairs(head, base, options).verdict).toBe('slower');
  });

  it('say how many more would do, and that many do', () => {
    const few = measure(3, 4, 0.02);
    expect(few.verdict).toBe('cannot_tell');
    expect(few.more_pairs).toBeGreaterThan(0);
  });

  it('look again after an even number of pairs, and can tell soon where nothing has changed', () => {
    const few = measure(3, 4, 0);
    expect(few).toMatchObject({ verdict: 'cannot_tell' });
    expect(pairsUntilNextLook(few) % 2).toBe(0);
    let pairs = 4;
    for (let looks = 0; looks < 8; looks++) pairs += pairsUntilNextLook(measure(3, pairs, 0));
    expect(measure(3, pairs, 0).verdict).toBe('no_change');
    expect(pairs).toBeLessThan(4 + (few.more_pairs ?? 0));
  });

  it('know that equal values do not differ, zeros among them', () => {
    for (const value of [0, 7, -3]) {
      const same = Array.from({ length: 6 }, () => value);
      expect(comparePairs(same, same, options)).toMatchObject({ verdict: 'no_change' });
    }
    const errors = comparePairs([5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0, 0], options);
    expect(errors).toMatchObject({ verdict: 'slower', change_percent: null });
  });

  it('mean the opposite when the sides change places, whatever the values', () => {
    const value = fc.double({ min: 0.1, max: 1000, noNaN: true });
    const pairs = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 30 });
    const opposite = { slower: 'faster', faster: 'slower' } as Record<string, string>;
    fc.assert(
      fc.property(pairs, (both) => {
        const [head, base] = [both.map(([a]) => a), both.map(([, b]) => b)];
        const there = comparePairs(head, base, options);
        const back = comparePairs(base, head, options);
        const turned = opposite[there.verdict];
        if (turned !== undefined) expect(back.verdict).toBe(turned);
        expect((1 + (there.change_percent ?? 0) / 100) * (1 + (back.change_percent ?? 0) / 100)).toBeCloseTo(1, 6);
      }),
    );
  });
});
