import { exponential } from './exponential.ts';
import type { Random } from './random.ts';

/** The arrival times of a Poisson process, in milliseconds on the caller's clock. */
export interface Arrivals {
  /** The next arrival. */
  peek(): number;
  /** The same, and goes on to the one after it. */
  take(): number;
  /** Moves all arrivals to come by so much later: a pause that the arrivals are not to notice. */
  postpone(by_ms: number): void;
}

/** @param per_second mean arrivals per second */
export function poissonArrivals(start_ms: number, per_second: number, random: Random): Arrivals {
  const mean_gap_ms = 1000 / per_second;
  let next = start_ms + exponential(mean_gap_ms, random);
  return {
    peek: () => next,
    take: () => {
      const arrival = next;
      next += exponential(mean_gap_ms, random);
      return arrival;
    },
    postpone: (by_ms) => {
      next += by_ms;
    },
  };
}
