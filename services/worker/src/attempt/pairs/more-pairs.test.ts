import { gate as gateSchema } from '@benchwire/shared/contracts/gate.ts';
import { expect, it } from 'vitest';
import type { seriesOfPairs } from './merge-pairs.ts';
import { morePairs } from './more-pairs.ts';

/** Six pairs that need some dozens more. */
const noisy = [
  {
    point: { key: { metric: 'latency_ms', batch_size: null }, unit: 'ms', better: undefined },
    ...{ head: [100, 112, 94, 109, 90, 108], base: [106, 98, 104, 97, 102, 101] },
  },
] as unknown as ReturnType<typeof seriesOfPairs>;
const spent = { repeated: 0, spent_ms: 0, lasted_ms: 6000, each_ms: 1000 };
const job = (repeat_budget: object, timeout_seconds = 1800): Parameters<typeof morePairs>[1] => ({
  gate: gateSchema.parse({ on_cannot_tell: 'repeat', repeat_budget }),
  task: { timeout_seconds },
});

it('spends the budget of pairs, and no more than the timeout of the task has room for', () => {
  const wanted = morePairs(noisy, job({}), spent);
  expect([wanted > 10, wanted <= 54, wanted % 2]).toEqual([true, true, 0]);
  expect(morePairs(noisy, job({ runs: 4 }), spent)).toBe(4);
  expect(morePairs(noisy, job({ runs: 4, pairs: 8 }), { ...spent, repeated: 2 })).toBe(6);
  expect(morePairs(noisy, job({ seconds: 5 }), spent)).toBe(5);
  // 80 % of 20 s, less the six that have passed.
  expect(morePairs(noisy, job({}, 20), spent)).toBe(10);
  expect(morePairs(noisy, job({}, 7), spent)).toBe(0);
});
