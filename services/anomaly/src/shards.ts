import { LEASE_TTL_MS, LEASES_BUCKET } from '@benchwire/shared/contracts/lease.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { type HeldLease, LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause, untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { Shard } from './shard.ts';
import { leaseKeyOf, type Slot } from './slots.ts';

export interface ShardsContext {
  log: Log;
  nats: NatsConnection;
  manager: JetStreamManager;
  instance_id: string;
  replicas: number;
  /** Into how many slots the series are split. */
  slots: number;
  start(slot: Slot): Shard;
}

export interface Shards extends Running {
  /** What this replica holds now. */
  held(): Shard[];
  /** Starts what this replica holds once more, with its memory read back from the history. */
  restart(): Promise<void>;
}

interface Held {
  slot: Slot;
  lease: HeldLease;
  shard: Shard;
}

/** A lease of its own says that a replica is there. */
const PRESENT = 'anomaly-replica';
const KEYS_OF_LEASES = `$KV.${LEASES_BUCKET}.`;
const LOOK_EVERY_MS = 500;
/** A slot that is free is won at once; one that is not is left to its holder. */
const ATTEMPT_MS = 250;

/** Holds this replica's fair share of the slots, and judges their series: what a dead replica held goes to the others. */
export async function holdShards(context: ShardsContext): Promise<Shards> {
  const { log, nats, manager, instance_id, replicas } = context;
  const stopping = new AbortController();
  const candidateFor = (key: string): Promise<LeaseCandidate> =>
    LeaseCandidate.open({ nats, key, holder: instance_id, instance_id, replicas, log });
  const bucket = await openBucket(nats, LEASES_BUCKET, replicas, LEASE_TTL_MS);
  const presence = await candidateFor(`${PRESENT}.${instance_id}`);
  const slots = Array.from({ length: context.slots }, (_, index) => ({ index, of: context.slots }));
  const candidates = await Promise.all(slots.map((slot) => candidateFor(leaseKeyOf(slot))));
  const held = new Map<number, Held>();

  const release = async ({ slot, lease, shard }: Held, why: string): Promise<void> => {
    held.delete(slot.index);
    log.info({ slot: leaseKeyOf(slot) }, why);
    await shard.stop();
    await lease.release();
  };
  const take = (slot: Slot, lease: HeldLease): void => {
    const one: Held = { slot, lease, shard: context.start(slot) };
    held.set(slot.index, one);
    log.info({ slot: leaseKeyOf(slot) }, 'judges the series of this slot');
    lease.lost.addEventListener('abort', () => {
      if (held.get(slot.index) === one) void release(one, 'lost the lease, standing by');
    });
  };
  /** Takes a free slot, if there is one. */
  const takeOne = async (): Promise<boolean> => {
    for (const [i, slot] of slots.entries()) {
      if (held.has(slot.index) || stopping.signal.aborted) continue;
      const lease = await candidates[i]?.win(AbortSignal.any([stopping.signal, AbortSignal.timeout(ATTEMPT_MS)]));
      if (lease === undefined) continue;
      if (stopping.signal.aborted) await lease.release();
      else take(slot, lease);
      return true;
    }
    return false;
  };

  const present = keepPresent(presence, stopping.signal);
  const sharing = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const share = Math.ceil(slots.length / (await countPresent(manager, bucket)));
        const newest = [...held.values()].at(-1);
        if (held.size > share && newest !== undefined) await release(newest, 'gives a slot to another replica');
        else if (held.size < share && (await takeOne())) continue;
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'could not look for free slots');
      }
      await pause(LOOK_EVERY_MS, stopping.signal);
    }
  })();

  return {
    restart: async () => {
      for (const one of [...held.values()]) {
        await one.shard.stop();
        if (held.get(one.slot.index) !== one || stopping.signal.aborted) continue;
        log.info({ slot: leaseKeyOf(one.slot) }, 'reads the history of this slot again');
        one.shard = context.start(one.slot);
      }
    },
    held: () => [...held.values()].map(({ shard }) => shard),
    stop: async () => {
      stopping.abort();
      await sharing;
      await Promise.all([...held.values()].map((one) => release(one, 'stops')));
      await present;
    },
  };
}

/** Holds the replica's own lease until the signal aborts, and wins it again where it was lost. */
async function keepPresent(candidate: LeaseCandidate, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const lease = await candidate.win(signal);
    if (lease === undefined) return;
    const over = AbortSignal.any([lease.lost, signal]);
    await untilAborted(over);
    await lease.release();
  }
}

/**
 * The replicas that hold a presence now. Asked by requests alone: `KV.keys` starts a consumer, which may wait for good
 * for a message that is replaced or forgotten in that moment, as these are twice a second.
 */
async function countPresent(manager: JetStreamManager, bucket: KV): Promise<number> {
  const { state } = await manager.streams.info(`KV_${LEASES_BUCKET}`, {
    subjects_filter: `${KEYS_OF_LEASES}${PRESENT}.*`,
  });
  const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(KEYS_OF_LEASES.length));
  const entries = await Promise.all(keys.map((key) => bucket.get(key)));
  return Math.max(1, entries.filter((entry) => entry?.operation === 'PUT').length);
}
