import { SCHEDULER_STATUS_SUBJECT, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { hearOne } from '@benchwire/shared/runtime/listen.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';

/** How many workers each pool has. */
export type ListedPools = ReadonlyMap<string, number>;

/** The pools as the scheduler lists them, once the list is as wanted; undefined when that takes too long. */
export async function listedPools(
  nats: NatsConnection,
  wanted: (pools: ListedPools) => boolean,
  patience_ms: number,
): Promise<ListedPools | undefined> {
  return await hearOne(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, patience_ms, (status) => {
    const pools = new Map(status.pools.map(({ pool, workers }) => [pool, workers]));
    return wanted(pools) ? pools : undefined;
  });
}
