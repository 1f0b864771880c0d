import type { Finding, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { type SeriesKey, type SeriesPoint, seriesId } from '@benchwire/shared/contracts/series.ts';
import type { TestCase } from '@benchwire/shared/contracts/test-results.ts';
import { testCaseInWords } from '@benchwire/shared/format/test-case-name.ts';
import { MAD_TO_SIGMA } from '@benchwire/shared/stats/mad.ts';
import { type Found, frame, nameOf, percent, short, withUnit } from './describe-finding.ts';
import type { FailurePattern } from './failures.ts';
import type { Unusual } from './outcome-shapes.ts';
import type { PointRef } from './point-ref.ts';
import { MAX_CHANCE, type OutlierPattern } from './sample-outliers.ts';

/** The series that a benchmark's failures on a pool make. */
export function failureSeries(outcome: Outcome): { series_id: string; key: SeriesKey } {
  const key: SeriesKey = {
    ...{ benchmark: outcome.benchmark, model: '', executor: outcome.executor, precision: '', batch_size: null },
    ...{ scenario: '', variant: '', fingerprint: outcome.fingerprint ?? '', metric: 'failed_share' },
    is_simulated: outcome.simulation_status.is_simulated,
  };
  return { series_id: seriesId(key), key };
}

/** The finding about a benchmark that fails more than it did, or more than elsewhere. */
export function findingOfFailures(outcome: Outcome, ref: PointRef, pattern: FailurePattern, now: Date): Finding {
  const { failed, of, before, p_value } = pattern;
  const share = failed / of;
  const reason = `so many failures would be chance once in ${short(1 / p_value)} times`;
  const evidence = evidenceWith([
    {
      name: 'binomial',
      value: p_value,
      limit: 1e-4,
      passed: true,
      meaning: 'chance of as many failures at the usual share',
    },
  ]);
  const last = outcome.error === null ? '' : ` The last one: ${outcome.error.code}, ${outcome.error.message}`;
  const base: Found = {
    ...failureSeries(outcome),
    ...{
      unit: null,
      better: null,
      last_good: null,
      first_bad: { ref, value: share },
      before: [],
      evidence,
      state: 'confirmed',
      reason,
    },
  };
  const where = before.where === 'before' ? 'of the ones before' : 'on other pools';
  return {
    ...frame(base, 1, now),
    kind: 'failures',
    value: share,
    baseline: { median: before.share, mad: 0, scale: 0, n: before.n, values: [] },
    z_score: 0,
    threshold: 1e-4,
    change_percent: percent(share, before.share),
    message:
      `${outcome.benchmark} fails on ${ref.pool ?? 'its pool'}: ${failed} of the last ${of} attempts, against ${short(before.share * 100)} % of ${before.n} ${where}.${last}`.slice(
        0,
        2000,
      ),
  };
}

/** The series that the tests of a benchmark on a pool make. */
export function testSeries(outcome: Outcome): { series_id: string; key: SeriesKey } {
  const { key } = failureSeries(outcome);
  const own = { ...key, metric: 'failed_tests' };
  return { series_id: seriesId(own), key: own };
}

const SHOWN_TESTS = 10;

/** The finding about tests that failed and passed the time before, all those of one task. */
export function findingOfTests(outcome: Outcome, ref: PointRef, cases: readonly TestCase[], now: Date): Finding {
  const evidence = evidenceWith([
    {
      name: 'passed_before',
      value: cases.length,
      limit: 1,
      passed: true,
      meaning: 'tests that failed, and passed the last time that they ran on this pool',
    },
  ]);
  const found: Found = {
    ...testSeries(outcome),
    ...{ unit: null, better: 'lower', last_good: null, first_bad: { ref, value: cases.length }, before: [], evidence },
    ...{ state: 'confirmed', reason: 'the tests passed before' },
  };
  const [first] = cases;
  const names = cases.slice(0, SHOWN_TESTS).map(testCaseInWords).join(', ');
  const more = cases.length > SHOWN_TESTS ? ` and ${cases.length - SHOWN_TESTS} more` : '';
  const why =
    cases.length === 1 && first?.message !== undefined ? `: ${first.message.split('\n')[0]?.slice(0, 300)}` : '';
  const tests = cases.length === 1 ? 'a test that passed before' : `${cases.length} tests that passed before`;
  return {
    ...frame(found, 1, now),
    kind: 'failures',
    value: cases.length,
    baseline: { median: 0, mad: 0, scale: 0, n: 1, values: [] },
    z_score: 0,
    threshold: 1,
    change_percent: null,
    message:
      `${outcome.benchmark}, task ${outcome.task_id}: ${tests} on ${ref.pool ?? 'its pool'} failed: ${names}${more}${why}`.slice(
        0,
        2000,
      ),
  };
}

/** The finding about an outcome whose measurements are together as they never were. */
export function findingOfUnusual(ref: PointRef, unusual: Unusual, now: Date): Finding {
  const { score, limit, contributions, foremost } = unusual;
  const { point, center, scale } = foremost;
  const z_score = (point.value - center) / scale;
  const evidence: FindingEvidence = {
    ...evidenceWith([
      {
        name: 'mahalanobis',
        value: score,
        limit,
        passed: true,
        meaning: 'squared distance of all measurements together from how they usually are',
      },
    ]),
    contributions: contributions.slice(0, 12),
  };
  const reason = 'two outcomes in a row are off in the same way';
  const found: Found = {
    ...{
      series_id: point.series_id,
      key: point.key,
      unit: point.unit,
      better: point.better,
      last_good: null,
      before: [],
    },
    ...{ first_bad: { ref, value: point.value }, evidence, state: 'confirmed', reason },
  };
  const parts = contributions
    .slice(0, 4)
    .map(({ name, value, z_score: z }) => `${name} ${short(value)} (${z > 0 ? '+' : ''}${short(z)})`);
  const base = frame(found, 1, now);
  return {
    ...base,
    finding_id: `${base.finding_id}.unusual`,
    kind: 'unusual',
    value: point.value,
    baseline: { median: center, mad: scale / MAD_TO_SIGMA, scale, n: 0, values: [] },
    z_score: Math.max(-1000, Math.min(1000, z_score)),
    threshold: limit,
    change_percent: percent(point.value, center),
    message: `The measurements around ${nameOf(point.key)} (${withUnit(point.value, point.unit)}) are together as they were not before, two outcomes in a row: ${parts.join(', ')}, each in units of its own noise.`,
  };
}

/** The finding about a series whose runs have more severe outliers inside than ever before. */
export function findingOfOutliers(point: SeriesPoint, ref: PointRef, pattern: OutlierPattern, now: Date): Finding {
  const { share, greatest_before, median_before, runs_before, p_value } = pattern;
  const evidence = evidenceWith([
    {
      name: 'binomial',
      value: p_value,
      limit: MAX_CHANCE,
      passed: true,
      meaning: 'chance of as many severe outliers at the greatest share of the runs before',
    },
  ]);
  const found: Found = {
    ...{ series_id: point.series_id, key: point.key, unit: null, better: point.better, last_good: null, before: [] },
    ...{ first_bad: { ref, value: share }, evidence, state: 'confirmed', reason: 'three runs in a row have them' },
  };
  const base = frame(found, 1, now);
  return {
    ...base,
    finding_id: `${base.finding_id}.outlier`,
    kind: 'outlier',
    value: share,
    baseline: { median: median_before, mad: 0, scale: 0, n: runs_before, values: [] },
    z_score: 0,
    threshold: MAX_CHANCE,
    change_percent: percent(share, median_before),
    message: `${short(share * 100)} % of the samples inside the runs of ${nameOf(point.key)} are severe outliers, three runs in a row; in the ${runs_before} runs before it was at most ${short(greatest_before * 100)} %. Their median, ${withUnit(point.value, point.unit)}, does not show that.`,
  };
}

function evidenceWith(tests: FindingEvidence['tests']): FindingEvidence {
  return { points: 0, segments: [], tests, modes: [], effect_size: null, environment: [], contributions: [] };
}
