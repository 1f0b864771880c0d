import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** The leader speaks once a second, and a new one leads within a few. */
const PATIENCE_MS = 8000;

/**
 * How many other workers each of a worker's pools has, once the scheduler counts this one in; undefined when it says
 * nothing of it.
 */
export async function poolMates(
  nats: NatsConnection,
  pools: readonly string[],
): Promise<ReadonlyMap<string, number> | undefined> {
  const found = Promise.withResolvers<ReadonlyMap<string, number> | undefined>();
  const subscription = nats.subscribe(SCHEDULER_STATUS_SUBJECT, {
    callback: (error, message) => {
      const parsed = error === null ? parseJson(schedulerStatus, message.data) : undefined;
      if (parsed?.ok !== true) return;
      const workers = new Map(parsed.value.pools.map((pool) => [pool.pool, pool.workers]));
      if (!pools.every((pool) => workers.has(pool))) return;
      found.resolve(new Map(pools.map((pool) => [pool, Math.max(0, (workers.get(pool) ?? 0) - 1)])));
    },
  });
  const timer = setTimeout(() => found.resolve(undefined), PATIENCE_MS);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}
