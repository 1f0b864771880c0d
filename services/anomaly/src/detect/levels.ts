import { lag1Autocorrelation } from '@benchwire/shared/stats/autocorrelation.ts';
import { type Boundary, compareAt } from './boundary.ts';
import { clean } from './noise.ts';
import { segment } from './segment.ts';
import type { DetectorSettings } from './settings.ts';

/** The levels of a series. */
export interface Segmentation {
  /** Where the level changed, oldest first. */
  boundaries: Boundary[];
  /** Robust standard deviation around the running level, in the series' unit. */
  scale: number;
  /** Of neighbouring values around their stretch's level, 0 to 0.9. */
  autocorrelation: number;
}

/** Where the levels of a series may change, before any of it is tested. */
export interface Proposal {
  /** Where each stretch but the first would begin, ascending. */
  changes: number[];
  scale: number;
  autocorrelation: number;
}

/**
 * Finds the levels of a series: `propose`, then `decide`.
 * @param values - finite, oldest first
 */
export function segmentSeries(values: Float64Array, settings: DetectorSettings): Segmentation {
  return decide(values, propose(values, settings), settings);
}

/**
 * Least squares on cleaned values with a penalty that grows with what the values hang together.
 * @param values - finite, oldest first
 */
export function propose(values: Float64Array, settings: DetectorSettings): Proposal {
  const n = values.length;
  if (n === 0) return { changes: [], scale: 0, autocorrelation: 0 };
  const { values: cleaned, scale } = clean(values, settings.half_window, settings.clip);
  if (n < 2 * settings.min_segment) return { changes: [], scale, autocorrelation: 0 };
  const price = settings.penalty * Math.log(n);
  const changes = segment(cleaned, price, settings.min_segment);
  const autocorrelation = correlationAround(cleaned, changes);
  if (autocorrelation <= 0.05) return { changes, scale, autocorrelation };
  const raised = price * inflationOf(autocorrelation) ** settings.correlation_power;
  const fewer = segment(cleaned, raised, settings.min_segment);
  return { changes: fewer, scale, autocorrelation: correlationAround(cleaned, fewer) };
}

/**
 * Tests the proposed boundaries, the weakest first, and takes away those that fail the rank test, the effect size or the
 * separation.
 */
function decide(
  values: Float64Array,
  { changes, scale, autocorrelation }: Proposal,
  settings: DetectorSettings,
): Segmentation {
  const inflation = inflationOf(autocorrelation) ** settings.correlation_power;
  return { boundaries: prune(values, changes, scale, inflation, settings), scale, autocorrelation };
}

/** How much the variance of a mean grows when neighbours hang together like this (AR(1)). */
export function inflationOf(autocorrelation: number): number {
  return (1 + autocorrelation) / (1 - autocorrelation);
}

/** 1 and more: the boundary passes every test; below 1 the share of the limit that its weakest test reaches. */
function strengthOf(boundary: Boundary, settings: DetectorSettings): number {
  return Math.min(
    boundary.rank_z / settings.least_rank_z,
    boundary.effect_size / settings.least_effect_size,
    boundary.separation / settings.least_separation,
  );
}

function prune(
  values: Float64Array,
  changes: readonly number[],
  scale: number,
  inflation: number,
  settings: DetectorSettings,
): Boundary[] {
  const edges = [0, ...changes, values.length];
  const at = (i: number): Boundary =>
    compareAt(values, edges[i - 1] as number, edges[i] as number, edges[i + 1] as number, scale, inflation, settings);
  const boundaries = changes.map((_, i) => at(i + 1));
  for (;;) {
    let weakest = -1;
    let least = 1;
    for (const [i, boundary] of boundaries.entries()) {
      const strength = strengthOf(boundary, settings);
      if (strength < least) {
        least = strength;
        weakest = i;
      }
    }
    if (weakest < 0) return boundaries;
    boundaries.splice(weakest, 1);
    edges.splice(weakest + 1, 1);
    if (weakest > 0) boundaries[weakest - 1] = at(weakest);
    if (weakest < boundaries.length) boundaries[weakest] = at(weakest + 1);
  }
}

function correlationAround(cleaned: Float64Array, changes: readonly number[]): number {
  const edges = [0, ...changes, cleaned.length];
  const residuals = new Float64Array(cleaned.length);
  for (let k = 1; k < edges.length; k++) {
    const from = edges[k - 1] as number;
    const to = edges[k] as number;
    let sum = 0;
    for (let i = from; i < to; i++) sum += cleaned[i] as number;
    for (let i = from; i < to; i++) residuals[i] = (cleaned[i] as number) - sum / (to - from);
  }
  // In units of the noise: what is left of a series that does not scatter is rounding.
  const size = residuals.reduce((sum, residual) => sum + residual * residual, 0) / residuals.length;
  return size < 1e-6 ? 0 : Math.max(0, Math.min(0.9, lag1Autocorrelation(residuals)));
}
