import type { FindingConfirmation } from '@benchwire/shared/contracts/finding.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom, type Random } from '@benchwire/shared/stats/random.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ofLastingChange } from './lasting-change.ts';

const THRESHOLD = 5;

const clipped = (random: Random): number => Math.max(-2.5, Math.min(2.5, normal(random)));

interface Case {
  before: number[];
  after: number[];
  /** The value that is suspected. */
  value: number;
  reruns: Array<{ device: number; value: number }>;
}

/** A level of 100 with a noise of 1, a step of `step`, and re-runs of up to three devices; device 0 is the one that is suspected. */
const cases = fc
  .record({
    seed: fc.integer({ min: 1, max: 1e9 }),
    held: fc.integer({ min: 6, max: 200 }),
    since: fc.integer({ min: 1, max: 40 }),
    step: fc.double({ min: 3, max: 20, noNaN: true }),
    devices: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 3 }),
    spikes: fc.constantFrom(0, 0.05),
  })
  .map(({ seed, held, since, step, devices, spikes }): Case => {
    const random = createRandom(seed);
    const draw = (level: number): number => level + normal(random) + (random() < spikes ? 8 : 0);
    const after = Array.from({ length: since }, () => draw(100 + step));
    return {
      before: Array.from({ length: held }, () => draw(100)),
      after,
      value: after[0] as number,
      reruns: devices.map((device) => ({ device, value: draw(100 + step) })),
    };
  });

function testsOf({ before, after, value, reruns }: Case): ReturnType<typeof ofLastingChange> {
  const sorted = [...before].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] as number;
  const noise = (sorted[Math.floor(0.84 * sorted.length)] as number) - median || 1;
  const confirmations = reruns.map(
    (each, i): FindingConfirmation => ({
      ...{ request_id: `confirm-${i}`, on: each.device === 0 ? 'same_device' : 'sibling', asked_at: '', note: '' },
      ...{ suspected_worker_id: 'worker-0', run_id: `rerun-${i}`, worker_id: `worker-${each.device}` },
      ...{ value: each.value, agrees: true },
    }),
  );
  const baseline = { median, mad: noise / 1.4826, scale: noise, n: before.length, values: before.slice(-50) };
  const suspected = { baseline, value, z_score: (value - median) / noise, confirmations };
  return ofLastingChange(suspected, Float64Array.from(before), Float64Array.from(after), THRESHOLD, DEFAULT_SETTINGS);
}

const verdicts = (each: Case): boolean[] => testsOf(each).map(({ passed }) => passed);

it('measuring the same again on the same device adds no evidence', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 5 }), (each, times) => {
      const [first] = each.reruns as [Case['reruns'][number]];
      const once = { ...each, reruns: [first] };
      const often = { ...each, reruns: Array.from({ length: times }, () => first) };
      expect(testsOf(often)).toEqual(testsOf(once));
    }),
  );
});

it('a further device that agrees takes no evidence away', () => {
  fc.assert(
    fc.property(cases, (each) => {
      const middle = [...each.reruns].sort((a, b) => a.value - b.value)[each.reruns.length >> 1];
      const [few, more] = [1, 2].map((devices) => {
        const reruns = Array.from({ length: devices }, (_, i) => ({ device: i + 1, value: middle?.value ?? 0 }));
        return testsOf({ ...each, reruns });
      });
      for (const [i, test] of (few ?? []).entries()) if (test.passed) expect(more?.[i]?.passed).toBe(true);
    }),
  );
});

it('depends neither on the unit nor on the order of the re-runs', () => {
  fc.assert(
    fc.property(cases, (each) => {
      const moved = (of: (value: number) => number): Case => ({
        before: each.before.map(of),
        after: each.after.map(of),
        value: of(each.value),
        reruns: each.reruns.map(({ device, value }) => ({ device, value: of(value) })),
      });
      const plain = verdicts(each);
      // 2^-20 keeps all digits.
      expect(verdicts(moved((value) => value / 2 ** 20))).toEqual(plain);
      expect(verdicts({ ...each, reruns: [...each.reruns].reverse() })).toEqual(plain);
    }),
  );
});

it('re-runs of the only device never confirm what the series has done by itself, before the new level has outlasted it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 3 }), (seed, times) => {
      const random = createRandom(seed);
      const before = Array.from({ length: 150 }, (_, i) => (i === 40 ? 106 : 100 + clipped(random)));
      const after = (n: number): number[] =>
        Array.from({ length: n }, (_, i) => 106 + (i === 0 ? 0 : clipped(random) / 2));
      const reruns = Array.from({ length: times }, () => ({ device: 0, value: 106 }));
      const at = (n: number): boolean => verdicts({ before, after: after(n), value: 106, reruns }).every(Boolean);
      expect(at(3)).toBe(false);
      expect(at(DEFAULT_SETTINGS.confirm_new - 1)).toBe(false);
      expect(at(DEFAULT_SETTINGS.confirm_new)).toBe(true);
    }),
  );
});
