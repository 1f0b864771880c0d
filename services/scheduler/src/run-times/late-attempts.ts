import type { Bucket, PoolState } from '../state/model.ts';

export interface LateAttempts {
  /** How long an attempt of such work has been running there already, or on the pool's class; 0 where none is late. */
  longestMs(bucket: Bucket, pool: PoolState): number;
}

/**
 * What can be learned from attempts that still run: that it takes longer than was expected. Without that a slow pool would go
 * on taking what it has never completed until its first attempt is through.
 */
export function lateAttempts(pools: Iterable<PoolState>, now: number): LateAttempts {
  const by_pool = new Map<PoolState, Map<string, number>>();
  const by_class = new Map<string, Map<string, number>>();
  for (const pool of pools) {
    for (const { lane, emission } of pool.emitted) {
      if (emission?.started_ms === undefined) continue;
      const elapsed_ms = now - emission.started_ms;
      if (elapsed_ms <= emission.expected_ms) continue;
      const { workload } = lane.bucket;
      raise(by_pool, pool, workload, elapsed_ms);
      if (pool.offer !== undefined) raise(by_class, pool.offer.class, workload, elapsed_ms);
    }
  }
  return {
    longestMs: ({ workload }, pool) =>
      by_pool.get(pool)?.get(workload) ?? by_class.get(pool.offer?.class ?? '')?.get(workload) ?? 0,
  };
}

function raise<K>(longest: Map<K, Map<string, number>>, key: K, workload: string, ms: number): void {
  const known = longest.get(key) ?? new Map<string, number>();
  longest.set(key, known);
  known.set(workload, Math.max(ms, known.get(workload) ?? 0));
}
