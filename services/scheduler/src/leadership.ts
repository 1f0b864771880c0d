import { SCHEDULER_STATUS_SUBJECT } from '@benchwire/shared/contracts/status.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { HeldLease, LeaseCandidate } from './adapters/lease.ts';
import type { PoolQueues } from './adapters/pool-queues.ts';
import type { Fleet, FleetChange } from './decide/fleet.ts';
import { Leader } from './leader.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { setGauges, statusText } from './status.ts';

/** How often a standby asks whether the lease is free. */
const CANDIDATE_INTERVAL_MS = 250;
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
  log: Log;
  metrics: SchedulerMetrics;
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
    leader = new Leader({ ...parts, lease, now: Date.now, random: Math.random });
    parts.metrics.leader.set(1);
    try {
      const over = AbortSignal.any([lease.lost, stopping.signal]);
      const aborted = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([leader.start(), aborted]);
      await aborted;
      if (!stopping.signal.aborted) parts.log.warn('lost the lease, standing by');
    } finally {
      parts.metrics.leader.set(0);
      await leader.stop();
      leader = undefined;
      await lease.release();
    }
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const lease = await parts.candidate.tryAcquire();
      if (lease === undefined) {
        await pause(CANDIDATE_INTERVAL_MS, stopping.signal);
        continue;
      }
      try {
        await lead(lease);
      } catch (error) {
        parts.log.error({ err: error, reason: messageOf(error) }, 'could not lead, standing by again');
        await pause(CANDIDATE_INTERVAL_MS, stopping.signal);
      }
    }
  })();

  const status = setInterval(() => {
    const current = leader?.status(parts.id);
    setGauges(parts.metrics, current, parts.fleet.workerCount);
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
