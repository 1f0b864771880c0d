import type { HeldLease } from '@benchwire/shared/runtime/lease.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { PoolQueues } from '../adapters/pool-queues.ts';
import type { Absences } from '../fleet/absences.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { Strategy } from '../placement/strategy.ts';
import type { StateOptions } from '../state/state-options.ts';

export interface LeaderOptions {
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  queues: PoolQueues;
  fleet: Fleet;
  absences: Absences;
  /** The bucket `absences`. */
  told_absences: KV;
  strategy: Strategy;
  lease: HeldLease;
  log: Log;
  metrics: SchedulerMetrics;
  checkpoints: KV;
  /** Order, shares, failures: what the state is made with. */
  state_options: Partial<StateOptions>;
  /** Until a worker in quarantine is checked for the first time. */
  check_after_ms: number;
  /** The state can't be relied on any more: it has to be folded anew. */
  onSpoiled: (reason: string) => void;
  now: () => number;
  random: () => number;
}
