import type { Strategy } from '../strategy.ts';

/** The pool with the smallest share of its slots in use is asked first. */
export function leastLoaded(): Strategy {
  return { name: 'least_loaded', rank: (pool) => pool.emitted.size / Math.max(1, pool.slots), misfit: () => 1 };
}
