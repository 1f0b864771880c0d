import type { RecoveryStrategy } from '../contracts/fault-tolerance.ts';

/** What each strategy is, for people. */
export const STRATEGY_WORDS: Readonly<Record<RecoveryStrategy, string>> = {
  same_worker: 'Retry on the same worker',
  other_worker: 'Retry on another worker of the pool',
  other_pool: 'Retry in another pool',
  circuit_breaker: 'Circuit breaker',
  quarantine: 'Quarantine',
};
