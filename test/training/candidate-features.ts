import { type Proposal, propose, segmentSeries } from '@benchwire/shared/detect/levels.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '@benchwire/shared/stats/mad.ts';
import { median, quantile } from '@benchwire/shared/stats/quantile.ts';
import { rankTest } from '@benchwire/shared/stats/rank-test.ts';

/** What a learned judge of boundaries is told of each one, in this order. */
export const FEATURES = [
  'step_over_noise_within',
  'step_over_scale',
  'rank_z_near',
  'rank_z',
  'separation_near',
  'separation',
  'step_over_level',
  'step_over_range',
  'n_before',
  'n_after',
  'n_shorter',
  'autocorrelation',
  'n',
  'changes_per_100_points',
  'return_distance',
  'log_gain',
  'scale_over_level',
  'edge_over_step',
] as const;

const NEAR = 20;
const EDGE = 8;
/** Stands in for "the series was at no such level before or after". */
const NO_RETURN = 9;
const TINY = 1e-300;

/** Boundaries that the rules let pass, and what is known of each. */
export interface Candidates {
  proposal: Proposal;
  /** One row of `FEATURES` for each of `proposal.changes`. */
  features: Float32Array[];
}

/**
 * Measures each boundary that the rules let pass beside its neighbours: a judge may refuse more of them.
 * @param values - finite, oldest first
 */
export function candidatesOf(values: Float64Array, settings: DetectorSettings): Candidates {
  const changes = segmentSeries(values, settings).boundaries.map(({ index }) => index);
  const proposal = { ...propose(values, settings), changes };
  const level = Math.abs(median(values)) || TINY;
  const range = quantile(values, 0.95) - quantile(values, 0.05) || TINY;
  const edges = [0, ...proposal.changes, values.length];
  const features = proposal.changes.map((_, i) => featuresAt(values, edges, i + 1, proposal, level, range));
  return { proposal, features };
}

function featuresAt(
  values: Float64Array,
  edges: readonly number[],
  k: number,
  { scale, autocorrelation }: Proposal,
  level: number,
  range: number,
): Float32Array {
  const stretch = (i: number): Float64Array => values.subarray(edges[i], edges[i + 1]);
  const before = stretch(k - 1);
  const after = stretch(k);
  const from = median(before);
  const to = median(after);
  const step = Math.abs(to - from);
  const all = before.length + after.length;
  const spread = (part: Float64Array, middle: number): number =>
    (medianAbsoluteDeviation(part, middle) * MAD_TO_SIGMA) ** 2 * part.length;
  const within = Math.max(Math.sqrt((spread(before, from) + spread(after, to)) / all), scale * 0.3, TINY);
  const near = rankTest(before.subarray(-NEAR), after.subarray(0, NEAR));
  const whole = rankTest(before, after);
  const returns: number[] = [];
  if (k >= 2) returns.push(Math.abs(median(stretch(k - 2)) - to));
  if (k + 2 < edges.length) returns.push(Math.abs(median(stretch(k + 1)) - from));
  const edge = Math.abs(median(after.subarray(0, EDGE)) - median(before.subarray(-EDGE)));
  const gain = ((step / (scale || TINY)) ** 2 * before.length * after.length) / all;
  return Float32Array.from([
    step / within,
    step / (scale || TINY),
    Math.abs(near.z),
    Math.abs(whole.z),
    near.separation,
    whole.separation,
    step / level,
    step / range,
    before.length,
    after.length,
    Math.min(before.length, after.length),
    autocorrelation,
    values.length,
    ((edges.length - 2) / values.length) * 100,
    Math.min(NO_RETURN, ...returns.map((distance) => distance / (step || TINY))),
    Math.log1p(gain),
    scale / level,
    edge / (step || TINY),
  ]);
}
