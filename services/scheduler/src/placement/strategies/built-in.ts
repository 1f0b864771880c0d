import type { StrategyName } from '@benchwire/shared/contracts/scheduler.ts';
import type { Strategy } from '../strategy.ts';
import { FastestCompletion, type FastestCompletionWeights } from './fastest-completion.ts';
import { fifo } from './fifo.ts';
import { leastLoaded } from './least-loaded.ts';
import { roundRobin } from './round-robin.ts';

type Make = (weights: Partial<FastestCompletionWeights>) => Strategy;
/** The strategies that come with the scheduler, by name. */
export const BUILT_IN: Readonly<Record<string, Make>> = {
  fastest_completion: (weights) => new FastestCompletion(weights),
  least_loaded: leastLoaded,
  round_robin: roundRobin,
  fifo,
} satisfies Record<StrategyName, Make>;
