import { SCHEDULER_LEASE_KEY } from '@benchwire/shared/contracts/lease.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { LeaseCandidate } from './adapters/lease.ts';
import { PoolQueues } from './adapters/pool-queues.ts';
import { schedulerConfig } from './config.ts';
import { Fleet } from './decide/fleet.ts';
import { watchFleet } from './handlers/fleet.ts';
import { answerJoins } from './handlers/join.ts';
import { type Leadership, takePartInLeadership } from './leadership.ts';
import { createMetrics } from './metrics.ts';

await runService({
  name: 'scheduler',
  config: schedulerConfig,
  async start({ config, log, nats, jetstream, manager, http, scope }) {
    const queues = new PoolQueues(config, log);
    scope.add('queues', () => queues.close());
    http.addReadiness('redis', () => (queues.connected ? undefined : 'no connection to Redis'));

    const fleet = new Fleet(Date.now());
    let leadership: Leadership | undefined;
    const watching = await watchFleet({
      nats,
      replicas: config.NATS_REPLICAS,
      fleet,
      log,
      now: Date.now,
      onChange: (change) => leadership?.onFleetChange(change),
    });
    scope.add('fleet', () => watching.stop());

    const candidate = await LeaseCandidate.open(
      nats,
      SCHEDULER_LEASE_KEY,
      config.SCHEDULER_ID,
      config.NATS_REPLICAS,
      log,
    );
    leadership = takePartInLeadership({
      id: config.SCHEDULER_ID,
      nats,
      jetstream,
      manager,
      queues,
      fleet,
      candidate,
      log,
      metrics: createMetrics(http.registry),
    });
    scope.add('leadership', () => leadership?.stop());
    const joins = answerJoins({ nats, jetstream, log, config });
    scope.add('joins', () => joins.stop());
  },
});
