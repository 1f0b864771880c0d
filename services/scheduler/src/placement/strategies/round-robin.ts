import type { PoolState } from '../../state/model.ts';
import type { Strategy } from '../strategy.ts';

/** The pools take turns: the one that has waited longest since it was given a task is asked first. */
export function roundRobin(): Strategy {
  const turns = new WeakMap<PoolState, number>();
  let turn = 0;
  return {
    name: 'round_robin',
    rank: (pool) => turns.get(pool) ?? 0,
    misfit: (_lane, pool) => {
      turns.set(pool, ++turn);
      return 1;
    },
  };
}
