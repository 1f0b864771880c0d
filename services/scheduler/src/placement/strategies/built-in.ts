import type { Strategy } from '../strategy.ts';
import { FastestCompletion, type FastestCompletionWeights } from './fastest-completion.ts';
import { fifo } from './fifo.ts';
import { leastLoaded } from './least-loaded.ts';
import { roundRobin } from './round-robin.ts';

/** The strategies that come with the scheduler, by name. */
export const BUILT_IN: Readonly<Record<string, (weights: Partial<FastestCompletionWeights>) => Strategy>> = {
  fastest_completion: (weights) => new FastestCompletion(weights),
  least_loaded: leastLoaded,
  round_robin: roundRobin,
  fifo,
};
