import { median } from '../stats/quantile.ts';
import type { Boundary } from './boundary.ts';
import { prefixSums } from './segment.ts';

/** Standard deviations of the stretches of a series, each in constant time. */
export class Spread {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  /** @param values - near 0, so that their squares keep their digits */
  constructor(values: Float64Array) {
    const { sums, squares } = prefixSums(values);
    this.#sums = sums;
    this.#squares = squares;
  }

  /** Sum of the squared distances of the values of [from, to) from their mean. */
  squaresWithin(from: number, to: number): number {
    const sum = (this.#sums[to] as number) - (this.#sums[from] as number);
    const squares = (this.#squares[to] as number) - (this.#squares[from] as number);
    return Math.max(0, squares - (sum * sum) / (to - from));
  }

  get size(): number {
    return this.#sums.length - 1;
  }
}

export interface ClarityOptions {
  /** Values on either side whose medians make the lasting step, at most; and those that make the step at the boundary itself. */
  step_window: number;
  min_segment: number;
  /** Part of the series' noise that a spread counts as at least. */
  least_noise_share: number;
}

/**
 * How clearly people see a boundary: z² √(step / spread within · edge / spread of the series). The rank test says that there is a
 * change, the lasting step over the spread of its two stretches that it isn't lost among their values, and the part of it that is
 * taken at once (the edge) over the spread of the whole series that it is no slope, and not small beside what else happens.
 * Unlike a limit on each, much of one makes up for a little of another: a step of one standard deviation counts where both
 * levels last. The spreads are standard deviations, since spikes hide a step from people as well.
 *
 * @param values - the series
 * @param spread - of the same values, in units of `scale`
 * @param scale - noise of the series, in its unit
 */
export function clarityOf(
  values: Float64Array,
  boundary: Boundary,
  spread: Spread,
  scale: number,
  { step_window, min_segment, least_noise_share }: ClarityOptions,
): number {
  const { before, index, after, rank_z } = boundary;
  const step = stepAt(values, boundary, step_window) / scale;
  const edge = Math.min(step, stepAt(values, boundary, min_segment) / scale);
  const squares = spread.squaresWithin(before.from, index) + spread.squaresWithin(index, after.to);
  const within = Math.max(least_noise_share, Math.sqrt(squares / (after.to - before.from)));
  const overall = Math.max(least_noise_share, Math.sqrt(spread.squaresWithin(0, spread.size) / spread.size));
  return rank_z ** 2 * Math.sqrt(((step / within) * edge) / overall);
}

/** Distance of the medians of up to `window` values on either side. */
function stepAt(values: Float64Array, { before, index, after }: Boundary, window: number): number {
  const from = median(values.subarray(Math.max(before.from, index - window), index));
  const to = median(values.subarray(index, Math.min(after.to, index + window)));
  return Math.abs(to - from);
}
