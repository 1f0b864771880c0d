import { lag1Autocorrelation } from '../stats/autocorrelation.ts';
import { type Boundary, compareAt } from './boundary.ts';
import { clarityOf, Spread } from './clarity.ts';
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
  spread: Spread;
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
  if (n === 0) return { changes: [], spread: new Spread(values), scale: 0, autocorrelation: 0 };
  const { values: cleaned, rough, scale } = clean(values, settings.half_window, settings.clip);
  const spread = new Spread(rough);
  if (n < 2 * settings.min_segment) return { changes: [], spread, scale, autocorrelation: 0 };
  const price = settings.penalty * Math.log(n);
  const changes = segment(cleaned, price, settings.min_segment);
  const autocorrelation = correlationAround(cleaned, changes);
  if (autocorrelation <= 0.05) return { changes, spread, scale, autocorrelation };
  const raised = price * countedInflation(autocorrelation, settings);
  const fewer = segment(cleaned, raised, settings.min_segment);
  return { changes: fewer, spread, scale, autocorrelation: correlationAround(cleaned, fewer) };
}

/** Takes the least clear of the proposed boundaries away, one by one, until all are clear enough. */
function decide(values: Float64Array, proposal: Proposal, settings: DetectorSettings): Segmentation {
  const { scale, autocorrelation } = proposal;
  return { boundaries: prune(values, proposal, settings), scale, autocorrelation };
}

/** How much the variance of a mean grows when neighbours hang together like this (AR(1)). */
export function inflationOf(autocorrelation: number): number {
  return (1 + autocorrelation) / (1 - autocorrelation);
}

/** As much of it as counts in the tests of levels. */
export function countedInflation(
  autocorrelation: number,
  { correlation_power }: Pick<DetectorSettings, 'correlation_power'>,
): number {
  return inflationOf(autocorrelation) ** correlation_power;
}

interface Judged {
  boundary: Boundary;
  clarity: number;
}

function prune(values: Float64Array, proposal: Proposal, settings: DetectorSettings): Boundary[] {
  const { changes, spread, scale, autocorrelation } = proposal;
  const inflation = countedInflation(autocorrelation, settings);
  const edges = [0, ...changes, values.length];
  const at = (i: number): Judged => {
    const [from, index, to] = edges.slice(i - 1, i + 2) as [number, number, number];
    const boundary = compareAt(values, from, index, to, scale, inflation, settings);
    return { boundary, clarity: clarityOf(values, boundary, spread, scale, settings) };
  };
  const judged = changes.map((_, i) => at(i + 1));
  for (;;) {
    let weakest = -1;
    let least = settings.least_clarity;
    for (const [i, { clarity }] of judged.entries()) {
      if (clarity < least) {
        least = clarity;
        weakest = i;
      }
    }
    if (weakest < 0) return judged.map(({ boundary }) => boundary);
    judged.splice(weakest, 1);
    edges.splice(weakest + 1, 1);
    if (weakest > 0) judged[weakest - 1] = at(weakest);
    if (weakest < judged.length) judged[weakest] = at(weakest + 1);
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
