import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../stats/mad.ts';
import { median } from '../stats/quantile.ts';

/** A series made fit for least squares. */
export interface Cleaned {
  /** Spikes cut off, in units of the noise, the first value's neighbourhood at 0. */
  values: Float64Array;
  /** The same, but only the wildest spikes cut off: what the values scatter to the eye. */
  rough: Float64Array;
  /** Robust standard deviation around the running level, in the series' unit; greater than 0. */
  scale: number;
}

/** Times the noise that a spike may lie off the running level in `rough`: one value must not hide all changes of a series. */
const WILD = 200;
/** What stands in for the noise of a series that never moved, as a share of its level. */
const MIN_NOISE = 1e-6;

/**
 * Takes the noise from the distances to a running median and from neighbour to neighbour, whichever is greater: neither
 * sees the steps. Values further than `clip` times that from the running median are cut to it, so that a spike
 * weighs no more than a bad value.
 *
 * @param values - finite, oldest first, at least one
 * @param half_window - values on either side that the running median takes in
 */
export function clean(values: ArrayLike<number>, half_window: number, clip: number): Cleaned {
  const running = runningMedian(values, half_window);
  const residuals = Float64Array.from(running, (level, i) => (values[i] as number) - level);
  const scale = noiseOf(values, residuals, running);
  const origin = running[0] as number;
  const cutAt = (limit: number): Float64Array =>
    residuals.map(
      (residual, i) => ((running[i] as number) - origin) / scale + Math.max(-limit, Math.min(limit, residual / scale)),
    );
  return { values: cutAt(clip), rough: cutAt(WILD), scale };
}

function noiseOf(values: ArrayLike<number>, residuals: Float64Array, running: Float64Array): number {
  const steps = new Float64Array(Math.max(0, values.length - 1));
  for (let i = 1; i < values.length; i++) steps[i - 1] = (values[i] as number) - (values[i - 1] as number);
  const around = medianAbsoluteDeviation(residuals, 0) * MAD_TO_SIGMA;
  const between = steps.length === 0 ? 0 : (medianAbsoluteDeviation(steps, 0) * MAD_TO_SIGMA) / Math.SQRT2;
  const scale = Math.max(around, between);
  if (scale > 0) return scale;
  // More than half of the values are equal: the mean distance still sees those that are not.
  const mean = residuals.reduce((sum, residual) => sum + Math.abs(residual), 0) / residuals.length;
  return Math.max(mean, Math.abs(median(running)) * MIN_NOISE, Number.MIN_VALUE * 1e10);
}

function runningMedian(values: ArrayLike<number>, half_window: number): Float64Array {
  const n = values.length;
  const window: number[] = [];
  const levels = new Float64Array(n);
  const place = (value: number): number => {
    let low = 0;
    let high = window.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((window[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const add = (value: number): void => {
    window.splice(place(value), 0, value);
  };
  for (let i = 0; i < Math.min(half_window, n); i++) add(values[i] as number);
  for (let i = 0; i < n; i++) {
    if (i + half_window < n) add(values[i + half_window] as number);
    if (i > half_window) window.splice(place(values[i - half_window - 1] as number), 1);
    const size = window.length;
    const upper = window[size >> 1] as number;
    levels[i] = size % 2 === 1 ? upper : ((window[(size >> 1) - 1] as number) + upper) / 2;
  }
  return levels;
}
