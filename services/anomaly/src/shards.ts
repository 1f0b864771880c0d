import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { Shard } from './shard.ts';
import { leaseKeyOf, type Slot } from './slots.ts';

export interface ShardsParts {
  log: Log;
  nats: NatsConnection;
  instance_id: string;
  replicas: number;
  /** Into how many slots the series are split. */
  slots: number;
  start(slot: Slot): Shard;
}

export interface Shards extends Running {
  /** What this replica holds now. */
  held(): Shard[];
}

/** A replica that holds some already lets others go first, so that slots spread; a dead replica's are still taken. */
const COURTESY_MS = 700;

/** Takes part in the election of each slot's holder, and judges the series of those that it wins. */
export async function holdShards(parts: ShardsParts): Promise<Shards> {
  const stopping = new AbortController();
  const held = new Map<number, Shard>();
  const hold = async (slot: Slot): Promise<void> => {
    const { log, nats, instance_id, replicas } = parts;
    const key = leaseKeyOf(slot);
    const candidate = await LeaseCandidate.open({ nats, key, holder: instance_id, instance_id, replicas, log });
    while (!stopping.signal.aborted) {
      await pause(held.size * COURTESY_MS, stopping.signal);
      const lease = await candidate.win(stopping.signal);
      if (lease === undefined) return;
      const shard = parts.start(slot);
      held.set(slot.index, shard);
      log.info({ slot: key }, 'judges the series of this slot');
      const over = AbortSignal.any([lease.lost, stopping.signal]);
      if (!over.aborted)
        await new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
      if (!stopping.signal.aborted) log.warn({ slot: key }, 'lost the lease, standing by');
      await shard.stop();
      held.delete(slot.index);
      await lease.release();
    }
  };
  const slots = Array.from({ length: parts.slots }, (_, index) => ({ index, of: parts.slots }));
  const holding = slots.map((slot) => hold(slot));
  return {
    held: () => [...held.values()],
    stop: async () => {
      stopping.abort();
      await Promise.all(holding);
    },
  };
}
