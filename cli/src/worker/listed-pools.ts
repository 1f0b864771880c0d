import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** How many workers each pool has. */
export type ListedPools = ReadonlyMap<string, number>;

/** The pools as the scheduler lists them, once the list is as wanted; undefined when that takes too long. */
export async function listedPools(
  nats: NatsConnection,
  wanted: (pools: ListedPools) => boolean,
  patience_ms: number,
): Promise<ListedPools | undefined> {
  const found = Promise.withResolvers<ListedPools | undefined>();
  const subscription = nats.subscribe(SCHEDULER_STATUS_SUBJECT, {
    callback: (error, message) => {
      const parsed = error === null ? parseJson(schedulerStatus, message.data) : undefined;
      if (parsed?.ok !== true) return;
      const pools = new Map(parsed.value.pools.map(({ pool, workers }) => [pool, workers]));
      if (wanted(pools)) found.resolve(pools);
    },
  });
  const timer = setTimeout(() => found.resolve(undefined), patience_ms);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    if (!nats.isClosed()) subscription.unsubscribe();
  }
}
