import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { normal } from '@benchwire/shared/stats/normal.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { excursionLimit } from '@benchwire/shared/verdict/excursions.ts';
import type { HistoryPoint } from '@benchwire/shared/verdict/history.ts';
import { judgeSeries, type SeriesVerdict } from '@benchwire/shared/verdict/judge-series.ts';
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
  })
  .map(({ n, seed, noise, own_interval, steady }) => {
    const random = createRandom(seed);
    const values = Array.from({ length: n }, () => 100 * (1 + noise * Math.max(-2.5, Math.min(2.5, normal(random)))));
    const measured = (value: number) => ({
      ...{ value, steady },
      ci_low: own_interval === null ? null : value - 100 * own_interval,
      ci_high: own_interval === null ? null : value + 100 * own_interval,
    });
    return values.map(measured);
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
    fc.property(randomSeries, (before) => {
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
      const ofDetector = judge(values.slice(-single.window), at(200), single);
      const limit = (ofDetector?.threshold ?? 0) * (ofDetector?.scale ?? 0);
      expect(level).toBeCloseTo(ofDetector?.median ?? 0, 9);
      // Where the series goes further by itself, a verdict needs more; the detector asks for re-runs instead.
      const around = Float64Array.from(values, (value) => value - level);
      fc.pre(excursionLimit(around, 1, 1) < limit);

      // What the panel says is what the verdict says, and what the detector needs, with what 95 % of power cost.
      const said = verdictOf(before, at(level + limit * 1.02));
      const [afterOne] = analysis.minimum_detectable_effect;
      expect(said.minimum_detectable_percent).toBeCloseTo(afterOne?.percent ?? 0, 6);
      expect(((afterOne?.percent ?? 0) * level) / 100).toBeGreaterThan(limit);
      expect(((afterOne?.percent ?? 0) * level) / 100).toBeLessThan(limit * 1.6);

      // Right beyond the detector's limit both see a change, right before it neither does.
      expect(judge(values.slice(-single.window), at(level + limit * 1.02), single)?.side).toBe(1);
      expect(said.verdict, said.reason).toBe('slower');
      expect(judge(values.slice(-single.window), at(level + limit * 0.98), single)?.side).toBe(0);
      expect(['no_change', 'cannot_tell']).toContain(verdictOf(before, at(level + limit * 0.98)).verdict);
    }),
    { numRuns: 300, seed: 15 },
  );
});
