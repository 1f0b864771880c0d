import { SCHEDULER_STATUS_SUBJECT } from '@benchwire/shared/contracts/status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { HeldLease, LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { PoolQueues } from './adapters/pool-queues.ts';
import type { Fleet, FleetChange } from './decide/fleet.ts';
import type { StateOptions } from './decide/state-options.ts';
import type { Strategy } from './decide/strategy.ts';
import { Leader } from './leader.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { setGauges, statusText } from './status.ts';

/** After a leader could not start, others get their turn first. */
const FAILED_PAUSE_MS = 500;
const STATUS_INTERVAL_MS = 1000;
/** What every NATS server takes in one message. */
const MIN_PAYLOAD = 64 * 1024;

export interface LeadershipParts {
  id: string;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  queues: PoolQueues;
  fleet: Fleet;
  candidate: LeaseCandidate;
  strategy: () => Strategy;
  log: Log;
  metrics: SchedulerMetrics;
  checkpoints: KV;
  state_options: Partial<StateOptions>;
  check_after_ms: number;
}

export interface Leadership extends Running {
  onFleetChange(change: FleetChange): void;
  readonly leading: boolean;
}

/** Waits for the lease, leads while it holds, and goes back to waiting: a lost lease costs the memory, nothing else. */
export function takePartInLeadership(parts: LeadershipParts): Leadership {
  const stopping = new AbortController();
  let leader: Leader | undefined;

  const lead = async (lease: HeldLease): Promise<void> => {
    leader = new Leader({ ...parts, strategy: parts.strategy(), lease, now: Date.now, random: Math.random });
    parts.metrics.leader.set(1);
    const shutOut = new AbortController();
    const onFenced = (): void => {
      void (async () => {
        // Redis may only have forgotten who leads.
        if ((await lease.confirm()) && (await takeOver(lease, onFenced))) return;
        shutOut.abort();
      })().catch((error: unknown) => {
        parts.log.error({ reason: messageOf(error) }, 'could not take the queues back');
        shutOut.abort();
      });
    };
    try {
      const over = AbortSignal.any([lease.lost, stopping.signal, shutOut.signal]);
      const aborted = new Promise<void>((resolve) => {
        if (over.aborted) resolve();
        else over.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([start(leader, lease, onFenced), aborted]);
      await aborted;
      if (!stopping.signal.aborted) parts.log.warn('lost the lease, standing by');
    } finally {
      parts.metrics.leader.set(0);
      // It decides nothing any more, and what is still on its way is fenced: the next one may begin.
      const stopped = leader.stop();
      await lease.release();
      await stopped;
      leader = undefined;
    }
  };

  const takeOver = (lease: HeldLease, onFenced: () => void): Promise<boolean> =>
    parts.queues.takeOver(lease.epoch, () => lease.newestEpoch(), onFenced);

  const start = async (next: Leader, lease: HeldLease, onFenced: () => void): Promise<void> => {
    if (await takeOver(lease, onFenced)) return await next.start();
    throw new BenchwireError('FENCED', `Redis knows of a later leader than epoch ${lease.epoch}`);
  };

  const loop = (async () => {
    for (;;) {
      const lease = await parts.candidate.win(stopping.signal);
      if (lease === undefined) return;
      if (stopping.signal.aborted) {
        // Won in the very moment of the stop.
        await lease.release();
        return;
      }
      try {
        await lead(lease);
      } catch (error) {
        parts.log.error({ err: error, reason: messageOf(error) }, 'could not lead, standing by again');
        await pause(FAILED_PAUSE_MS, stopping.signal);
      }
    }
  })();

  const status = setInterval(() => {
    const current = leader?.status(parts.id);
    setGauges(parts.metrics, current, parts.fleet);
    if (current === undefined || parts.nats.isClosed()) return;
    parts.nats.publish(SCHEDULER_STATUS_SUBJECT, statusText(current, parts.nats.info?.max_payload ?? MIN_PAYLOAD));
    leader?.reportDemand(current.pools);
  }, STATUS_INTERVAL_MS);

  return {
    onFleetChange: (change) => leader?.onFleetChange(change),
    get leading() {
      return leader !== undefined;
    },
    stop: async () => {
      clearInterval(status);
      stopping.abort();
      await loop;
    },
  };
}
