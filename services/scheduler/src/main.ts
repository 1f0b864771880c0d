import { CHECKPOINTS_BUCKET, CHECKPOINTS_TTL_MS } from '@benchwire/shared/contracts/checkpoint.ts';
import { SCHEDULER_LEASE_KEY } from '@benchwire/shared/contracts/lease.ts';
import { ABSENCES_BUCKET } from '@benchwire/shared/contracts/worker.ts';
import { servicePlugins } from '@benchwire/shared/plugins/service-plugins.ts';
import { contentHash } from '@benchwire/shared/runtime/content-hash.ts';
import { LeaseCandidate } from '@benchwire/shared/runtime/lease.ts';
import { closeNats, connectNats } from '@benchwire/shared/runtime/nats.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { runService } from '@benchwire/shared/runtime/service.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import { PoolQueues } from './adapters/pool-queues.ts';
import { schedulerConfig, stateOptions } from './config.ts';
import { Absences } from './fleet/absences.ts';
import { Fleet } from './fleet/fleet.ts';
import { watchFleet } from './handlers/fleet.ts';
import { answerJoins } from './handlers/join.ts';
import { keepReservations } from './handlers/reservations.ts';
import { Leadership } from './lead/leadership.ts';
import { loadStrategy } from './load-strategy.ts';
import { createMetrics } from './metrics.ts';
import { Reservations } from './placement/reservations.ts';

/** What is damaged stays where it is while NATS does not take it. */
const KEEP_MS = 5000;

await runService({
  name: 'scheduler',
  config: schedulerConfig,
  async start(context) {
    const { config, log, nats, jetstream, manager, http, health, scope } = context;
    const plugins = await servicePlugins(context, 'placement_strategy');
    const chosen = plugins.plugins.filter(({ name }) => name === config.SCHEDULER_STRATEGY);
    const hosts = chosen.map((each) => [each.name, plugins.host(each)] as const);
    const asks = new Map(hosts.map(([name, host]) => [name, (question: object) => host.call('score', question)]));
    const strategy = await loadStrategy(config.SCHEDULER_STRATEGY, config.SCHEDULER_WEIGHTS, asks);
    const queues = new PoolQueues(config, log, ({ key, raw, issues }) =>
      reject(
        jetstream,
        'redis',
        { subject: key, raw, id: `redis.${contentHash(key)}.${contentHash(raw)}` },
        issues,
        AbortSignal.timeout(KEEP_MS),
      ),
    );
    scope.add('queues', () => queues.close());
    await health.watch('redis', () => queues.check());

    const fleet = new Fleet(Date.now());
    const absences = new Absences();
    const replicas = config.NATS_REPLICAS;
    const connection = { nats, jetstream, manager, log };
    let leadership: Leadership | undefined;
    const watching = await watchFleet({
      ...{ ...connection, replicas, fleet, absences, now: Date.now },
      onChange: (change) => leadership?.onFleetChange(change),
    });
    scope.add('fleet', () => watching.stop());

    const reservations = new Reservations();
    const reserving = await keepReservations({ ...connection, replicas, reservations, now: Date.now });
    scope.add('reservations', () => reserving.stop());

    // A connection of its own: however much comes in over the other one, no renewal waits behind it.
    const lease_nats = await connectNats('scheduler-lease', config, true, log);
    scope.add('lease connection', () => closeNats(lease_nats));
    const candidate = await LeaseCandidate.open({
      nats: lease_nats,
      key: SCHEDULER_LEASE_KEY,
      holder: config.SCHEDULER_ID,
      instance_id: health.instance_id,
      replicas,
      log,
    });
    health.role = () => (leadership?.leading === true ? 'leader' : 'standby');
    leadership = new Leadership({
      ...{ ...connection, id: config.SCHEDULER_ID, queues, fleet, absences, candidate, strategy },
      told_absences: await openBucket(nats, ABSENCES_BUCKET, replicas),
      metrics: createMetrics(http.registry),
      checkpoints: await openBucket(nats, CHECKPOINTS_BUCKET, replicas, CHECKPOINTS_TTL_MS),
      state_options: { ...stateOptions(config), reservations },
      check_after_ms: config.SCHEDULER_QUARANTINE_SECONDS * 1000,
    });
    leadership.start();
    scope.add('leadership', () => leadership?.stop());
    http.addReadiness('leading', () => leadership?.notReady());
    const joins = answerJoins({ nats, jetstream, log, config });
    scope.add('joins', () => joins.stop());
  },
});
