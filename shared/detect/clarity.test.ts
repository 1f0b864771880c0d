import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentsOf } from '../stats/moments.ts';
import { normal } from '../stats/normal.ts';
import { createRandom } from '../stats/random.ts';
import { Spread } from './clarity.ts';
import { segmentSeries } from './levels.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const POINTS = 400;
const STEP_AT = 200;
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

/** In how many of 20 series of unit noise around these levels a boundary lies within 5 values of `at`. */
function foundAt(at: number, level: (i: number) => number): number {
  const found = SEEDS.filter((seed) => {
    const random = createRandom(seed);
    const values = Float64Array.from({ length: POINTS }, (_, i) => level(i) + normal(random));
    return segmentSeries(values, DEFAULT_SETTINGS).boundaries.some(({ index }) => Math.abs(index - at) <= 5);
  });
  return found.length;
}

it('the spread of any stretch is that of its values', () => {
  const some = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(some, fc.nat(), fc.nat(), (list, a, b) => {
      const from = a % (list.length - 1);
      const to = from + 2 + (b % (list.length - from - 1));
      const stddev = Math.sqrt(new Spread(Float64Array.from(list)).squaresWithin(from, to) / (to - from - 1));
      expect(stddev).toBeCloseTo(momentsOf(list.slice(from, to)).stddev, 6);
    }),
  );
});

describe('what is clear', () => {
  it('a lasting step of less than twice the noise is, in most series', () => {
    expect(foundAt(STEP_AT, (i) => (i < STEP_AT ? 0 : 1.8))).toBeGreaterThanOrEqual(15);
  });

  it('a step of three times the noise beside one of 200 is not, and alone it is', () => {
    const small = (i: number): number => (i < STEP_AT ? 0 : 3);
    expect(foundAt(STEP_AT, small)).toBe(20);
    expect(foundAt(STEP_AT, (i) => small(i) + (i < 300 ? 0 : 200))).toBe(0);
  });

  it('one wild value hides no step of eight times the noise', () => {
    expect(foundAt(STEP_AT, (i) => (i === 60 ? 100_000 : i < STEP_AT ? 0 : 8))).toBeGreaterThanOrEqual(18);
  });
});
