import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import { describe, expect, it } from 'vitest';
import { unusualness } from './multivariate.ts';

/** Latency, clock, temperature, power: a warmer chip is slower, and all of them scatter a little on their own. */
function outcomeRow(random: Random, throttled = 0): number[] {
  const load = normal(random);
  const own = (): number => 0.5 * normal(random);
  return [
    100 * (1 + 0.01 * (load + own() + throttled)),
    2000 * (1 - 0.01 * (load + own() + throttled)),
    60 * (1 + 0.02 * (load + own() - 2 * throttled)),
    150 * (1 + 0.02 * (load + own())),
  ];
}

function share(throttled: number, judge: (before: number[][], row: number[]) => boolean): number {
  let told = 0;
  const random = createRandom(11);
  for (let i = 0; i < 1000; i++) {
    const before = Array.from({ length: 60 }, () => outcomeRow(random));
    if (judge(before, outcomeRow(random, throttled))) told++;
  }
  return told / 1000;
}

const together = (before: number[][], row: number[]): boolean => {
  const found = unusualness(before, row);
  return found !== undefined && found.score > found.limit;
};

/** Any measurement alone beyond a limit that is as rarely exceeded. */
const alone = (before: number[][], row: number[]): boolean =>
  (unusualness(before, row)?.z_scores ?? []).some((z) => Math.abs(z) > 4.6);

describe('unusualness', () => {
  it('is rare among usual rows', () => {
    expect(share(0, together)).toBeLessThan(0.006);
    expect(share(0, alone)).toBeLessThan(0.006);
  });

  it('sees what no measurement shows alone: they go apart which go together', () => {
    expect(share(2, together)).toBeGreaterThan(0.5);
    expect(share(2, alone)).toBeLessThan(share(2, together) / 2);
  });

  it('says nothing of few rows, of one measurement, and of rows that never move', () => {
    expect(unusualness([[1, 2]], [1, 2])).toBeUndefined();
    expect(
      unusualness(
        Array.from({ length: 50 }, () => [1]),
        [1],
      ),
    ).toBeUndefined();
    const same = unusualness(
      Array.from({ length: 50 }, () => [5, 6, 7]),
      [5, 6, 7],
    );
    expect(same?.score).toBe(0);
  });
});
