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

const seenBy = (values: readonly number[], measured: Measured) =>
  judge(values.slice(-single.window), measured, single, () => distancesFromLevels([...values], [0]));

/** What `bw series` and the sensitivity panel show. */
const analysisOf = (before: readonly Measured[]) =>
  analyse('s', before.map(pointOf), {
    ...{ single, levels: DEFAULT_SETTINGS, judged: { acknowledged: 0, dismissed: 0 }, confirmed: [], worse: 1 },
  });

/** The same measurement with another value. */
function like({ steady, ci_low, ci_high }: Measured, value: number): Measured {
  const half = ci_low === null || ci_high === null ? null : (ci_high - ci_low) / 2;
  return {
    ...{ value, steady },
    ci_low: half === null ? null : value - half,
    ci_high: half === null ? null : value + half,
  };
}

it('the detector, a series’ sensitivity and a verdict agree about what a change is', () => {
  fc.assert(
    fc.property(
      randomSeries,
      fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
      ({ before, spikes }, shares) => {
        const analysis = analysisOf(before);
        // A series with several levels has another base than the detector has without a finding.
        fc.pre(analysis.segments.length === 1 && analysis.modes.length === 0);
        const at = (value: number): Measured => like(before.at(-1) as Measured, value);
        const values = before.map(({ value }) => value);
        const baseline = verdictOf(before, at(100)).baseline;
        fc.pre(baseline?.points === Math.min(values.length, single.window));
        const level = baseline?.level ?? Number.NaN;
        const detected = (value: number) => seenBy(values, at(value));
        const far = detected(level * 4);
        const limit = (far?.threshold ?? 0) * (far?.scale ?? 0);
        expect(level).toBeCloseTo(far?.median ?? 0, 9);
        expect(analysis.level).toBeCloseTo(level, 9);
        expect(analysis.scale).toBeCloseTo(far?.scale ?? 0, 9);

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

/** Series that no noise makes, as deviations from 100 in percent: all equal, two values, one that is far off, and lengths from 1 on. */
const oddSeries = fc
  .record({
    n: fc.integer({ min: 1, max: 12 }),
    shape: fc.constantFrom('constant', 'two values', 'one outlier', 'rounded'),
    at: fc.nat(11),
    magnitude: fc.constantFrom(1e-9, 1, 1e12),
  })
  .map(({ n, shape, at, magnitude }) => {
    const deviation = {
      constant: () => 0,
      'two values': (i: number) => i % 2,
      'one outlier': (i: number) => (i === at % n ? 400 : i % 3),
      rounded: (i: number) => Math.round(i / 5),
    }[shape];
    const values = Array.from({ length: n }, (_, i) => magnitude * (100 + deviation(i)));
    return { shape, values, before: values.map((value) => ({ value, steady: null, ci_low: null, ci_high: null })) };
  });

it('they agree about odd series as well, and none says anything before there are enough points', () => {
  fc.assert(
    fc.property(oddSeries, fc.double({ min: -0.5, max: 6, noNaN: true }), ({ values, before }, share) => {
      const analysis = analysisOf(before);
      fc.pre(analysis.segments.length === 1 && analysis.modes.length === 0);
      const center = analysis.segments[0]?.median ?? 0;
      const value = center * (1 + share);
      const measured = like(before[0] as Measured, value);
      const detected = seenBy(values, measured);
      const said = verdictOf(before, measured);
      const [afterOne] = analysis.minimum_detectable_effect;
      if (values.length < single.min_runs) {
        expect([detected, analysis.level, afterOne?.percent]).toEqual([undefined, null, null]);
        expect(['new', 'cannot_tell']).toContain(said.verdict);
        return;
      }
      // The newest points may be a suspected level of their own for the verdict.
      fc.pre(said.baseline?.points === values.length);
      const close = (a: number | null | undefined, b: number): void => expect((a ?? Number.NaN) / b).toBeCloseTo(1, 9);
      close(detected?.median, center);
      close(analysis.level, center);
      close(said.baseline?.level, center);
      close(analysis.scale, detected?.scale ?? Number.NaN);
      // Without a change, so that no value counts as its beginning.
      const unchanged = verdictOf(before, like(before[0] as Measured, center));
      close(unchanged.minimum_detectable_percent, afterOne?.percent ?? Number.NaN);
      if (said.reason.includes('jumps between levels')) return;
      expect(said.verdict === 'slower', said.reason).toBe(detected?.side === 1);
      expect(said.verdict === 'faster', said.reason).toBe(detected?.side === -1);
    }),
    { numRuns: 500, seed: 15 },
  );
});
