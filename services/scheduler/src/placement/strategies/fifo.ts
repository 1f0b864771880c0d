import type { Strategy } from '../strategy.ts';

/** First come, first served: the foremost task goes to the first pool that has room for it. */
export function fifo(): Strategy {
  return { name: 'fifo', rank: (pool) => pool.index, misfit: () => 1 };
}
