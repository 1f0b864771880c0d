import type { FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import type { Boundary } from '@benchwire/shared/detect/boundary.ts';
import { type Segmentation, segmentSeries } from '@benchwire/shared/detect/levels.ts';
import { KNOWN_MODE, visitsTo } from '@benchwire/shared/detect/modes.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { changeAtTheEnd } from '@benchwire/shared/detect/tail.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '@benchwire/shared/stats/mad.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import { type Drift, driftOf } from './drift.ts';

type Test = FindingEvidence['tests'][number];

/** What is to be said of one change of level. */
export interface Change extends Boundary {
  /** `mode`: a return to a level that the series jumps to and fro; no finding. */
  verdict: 'suspected' | 'confirmed' | 'mode';
  /** Values of the new level so far. */
  n_after: number;
  /** In percent of the level before, signed; null where that is 0. */
  change_percent: number | null;
  tests: Test[];
}

/** A series looked at as a whole. */
export interface Review {
  levels: Segmentation;
  changes: Change[];
  /** Of the last stretch, where it has no suspected end. */
  drift: Drift | undefined;
}

/**
 * Everything that there is to say about the levels of a series. A pure function of its values, so that judging them
 * again, in any process, says the same.
 *
 * @param values - finite, oldest first, at most `settings.window` of them
 */
export function review(values: Float64Array, settings: DetectorSettings): Review {
  const levels = segmentSeries(values, settings);
  const tail = changeAtTheEnd(values, levels, settings);
  const boundaries = tail === undefined ? levels.boundaries : [...levels.boundaries, tail];
  const changes = boundaries
    .map((boundary) => judge(values, boundary, boundary === tail, levels, settings))
    .filter((change) => Math.abs(change.change_percent ?? Infinity) >= settings.least_change_percent);
  const last = levels.boundaries.at(-1)?.index ?? 0;
  const drift = tail === undefined ? driftOf(values, last, levels.scale, levels.autocorrelation) : undefined;
  return { levels, changes, drift };
}

function judge(
  values: Float64Array,
  boundary: Boundary,
  isTail: boolean,
  levels: Segmentation,
  settings: DetectorSettings,
): Change {
  const { before, after, index } = boundary;
  const n_before = index - before.from;
  const n_after = after.to - index;
  const noise = noiseOf(boundary, levels.scale);
  const visits = visitsTo(values.subarray(0, index), before.median, after.median, noise);
  const numbers = [
    test(
      'rank',
      boundary.rank_z,
      settings.confirm_rank_z,
      'the rank test says that the values after differ, in standard deviations',
    ),
    test(
      'effect_size',
      boundary.effect_size,
      settings.confirm_effect_size,
      'the step is so many times the noise within the levels',
    ),
    test(
      'separation',
      boundary.separation,
      settings.confirm_separation,
      'how far the two levels lie apart: 1 where no value of one lies within the other',
    ),
    test(
      'points_before',
      n_before,
      settings.confirm_base,
      'the level before was held for so many points: one held for less may be one of several that the series jumps between',
    ),
    test('points_after', n_after, settings.confirm_new, 'the new level has been held for so many points'),
  ];
  const isMode = visits >= KNOWN_MODE;
  const tests: Test[] = [
    ...numbers,
    {
      name: 'modes',
      value: visits,
      limit: KNOWN_MODE,
      passed: !isMode,
      meaning:
        'how often the series had been at the new level before, beyond chance; from 2 on it jumps between levels, which is not a finding',
    },
  ];
  const confirmed = !isTail && numbers.every(({ passed }) => passed);
  const level = Math.abs(before.median);
  return {
    ...boundary,
    verdict: isMode ? 'mode' : confirmed ? 'confirmed' : 'suspected',
    n_after,
    change_percent: level === 0 ? null : ((after.median - before.median) / level) * 100,
    tests,
  };
}

function noiseOf(boundary: Boundary, scale: number): number {
  const step = Math.abs(boundary.after.median - boundary.before.median);
  return boundary.effect_size > 0 ? step / boundary.effect_size : scale;
}

function test(name: string, value: number, limit: number, meaning: string): Test {
  return { name, value, limit, passed: value >= limit, meaning };
}

/** The stretches of a reviewed series, for people and charts. */
export function stretchesOf(
  values: Float64Array,
  boundaries: ReadonlyArray<Pick<Boundary, 'index'>>,
): Array<{ from: number; to: number; n: number; median: number; scale: number }> {
  const edges = [0, ...boundaries.map((boundary) => boundary.index), values.length];
  return edges.slice(1).map((to, i) => {
    const from = edges[i] as number;
    const stretch = values.subarray(from, to);
    const level = stretch.length === 0 ? 0 : median(stretch);
    const scale = stretch.length === 0 ? 0 : medianAbsoluteDeviation(stretch, level) * MAD_TO_SIGMA;
    return { from, to, n: to - from, median: level, scale };
  });
}
