import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { HistoryPoint } from '@benchwire/shared/verdict/history.ts';
import { judgeSeries, type SeriesVerdict } from '@benchwire/shared/verdict/judge-series.ts';
import { distancesFromLevels } from '@benchwire/shared/verdict/known-level.ts';
import { DEFAULT_MAIN_BRANCHES } from '@benchwire/shared/verdict/lines.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { analyse } from './analyse.ts';
import { judge } from './detector.ts';

const single = { threshold: 5, min_runs: 5, window: 50 };
const settings = { main_branches: DEFAULT_MAIN_BRANCHES, single, levels: DEFAULT_SETTINGS };

const randomSeries = fc
  .record({
    n: fc.integer({ min: 6, max: 80 }),
    seed: fc.integer({ min: 1, max: 1e9 }),
    noise: fc.constantFrom(0, 0.002, 0.01, 0.05),
    own_interval: fc.constantFrom(null, 0.005, 0.1),
    steady: fc.constantFrom(true, false, null),
    spikes: fc.constantFrom(0, 0, 0.05, 0.2),
  })
  .map(({ n, seed, noise, own_interval, steady, spikes }) => {
    const random = createRandom(seed);
    const values = Array.from({ length: n }, () => {
      const spike = random() < spikes ? 12 * random() : 0;
      return 100 * (1 + noise * (spike + Math.max(-2.5, Math.min(2.5, normal(random)))));
    });
    const measured = (value: number) => ({
      ...{ value, steady },
      ci_low: own_interval === null ? null : value - 100 * own_interval,
      ci_high: own_interval === null ? null : value + 100 * own_interval,
    });
    return { before: values.map(measured), spikes };
  });

type Measured = Parameters<typeof judge>[1];

function pointOf(measured: Measured, at: number): HistoryPoint & { attempt: number } {
  return {
    ...measured,
    ...{ run_id: `run-${at}`, task_id: 't', attempt: 1, measured_at: new Date(at * 60_000).toISOString() },
    source: null,
  };
}

function verdictOf(before: readonly Measured[], measured: Measured): SeriesVerdict {
  const points = [...before, measured].map(pointOf);
  const head = { run_id: `run-${before.length}`, source: null };
  const question = { head, points, findings: [], accepted: [], direction: 'lower_is_better' as const, unit: 'ms' };
  return judgeSeries(question, settings) as SeriesVerdict;
}

it('the detector, a series’ sensitivity and a verdict agree about what a change is', () => {
  fc.assert(
    fc.property(
      randomSeries,
      fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
      ({ before, spikes }, shares) => {
        const analysis = analyse('s', before.map(pointOf), {
          ...{ single, levels: DEFAULT_SETTINGS, judged: { acknowledged: 0, dismissed: 0 }, confirmed: [], worse: 1 },
        });
        // A series with several levels has another base than the detector has without a finding.
        fc.pre(analysis.segments.length === 1 && analysis.modes.length === 0);
        const at = (value: number): Measured => {
          const like = before.at(-1) as Measured;
          const width = like.ci_low === null || like.ci_high === null ? null : (like.ci_high - like.ci_low) / 2;
          return {
            ...like,
            value,
            ci_low: width === null ? null : value - width,
            ci_high: width === null ? null : value + width,
          };
        };
        const values = before.map(({ value }) => value);
        const baseline = verdictOf(before, at(100)).baseline;
        fc.pre(baseline?.points === Math.min(values.length, single.window));
        const level = baseline?.level ?? Number.NaN;
        const detected = (value: number) =>
          judge(values.slice(-single.window), at(value), single, () => distancesFromLevels(values, [0]));
        const far = detected(level * 4);
        const limit = (far?.threshold ?? 0) * (far?.scale ?? 0);
        expect(level).toBeCloseTo(far?.median ?? 0, 9);

        // What the panel says is what the verdict says, and what the detector needs, with what 95 % of power cost.
        const [afterOne] = analysis.minimum_detectable_effect;
        const needed = ((afterOne?.percent ?? 0) * level) / 100;
        expect(verdictOf(before, at(level * 4)).minimum_detectable_percent).toBeCloseTo(afterOne?.percent ?? 0, 6);
        expect(needed).toBeGreaterThan(limit);
        expect(needed).toBeLessThan(limit * 1.6);

        // Around the limit, and anywhere else, both see a change or neither does.
        for (const share of [...shares, 0.98, 1.02]) {
          const value = level + limit * share;
          const said = verdictOf(before, at(value));
          if (said.reason.includes('jumps between levels')) continue;
          const isSeen = detected(value)?.side === 1;
          expect(said.verdict === 'slower', `${share} of the limit: ${said.reason}`).toBe(isSeen);
          if (share > 1.01 && spikes === 0) expect(isSeen).toBe(true);
          if (share < 0.99 && spikes === 0) expect(isSeen).toBe(false);
        }
      },
    ),
    { numRuns: 300, seed: 15 },
  );
});
