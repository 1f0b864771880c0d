import { clusterProblems } from '@benchwire/shared/client/cluster-problems.ts';
import { LEASES_BUCKET, type Lease, lease, SCHEDULER_LEASE_KEY } from '@benchwire/shared/contracts/lease.ts';
import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import { SCHEDULER_STATUS_SUBJECT, type SchedulerStatus, schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { STREAMS } from '@benchwire/shared/contracts/streams.ts';
import { isServerError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { hearOne } from '@benchwire/shared/runtime/listen.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { JetStreamApiError, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';

export interface StreamState {
  stream: string;
  messages: number;
  bytes: number;
  /** Ever stored in it. */
  last_sequence: number;
  /** Null while it is empty. */
  first_at: string | null;
  last_at: string | null;
  replicas: number;
  consumers: Array<{ consumer: string; pending: number; unacked: number; redelivered: number }>;
}

/** What a cluster is now, by its own words: nothing of it is taken from the history. */
export interface Cluster {
  at: string;
  nats: { server: string; version: string };
  /** Why streams and leader could not be read; null when they could. */
  jetstream_problem: string | null;
  /** Null while nobody leads. `instance` is missing where the holder of the lease did not answer. */
  leader: { holder: string; acquired_at: string; instance: string | null } | null;
  services: ServiceHealth[];
  streams: StreamState[];
  /** What the leader last said of its queues; null when it said nothing for a moment. */
  scheduler: SchedulerStatus | null;
  /** What is wrong with the whole and with each service, one sentence each. */
  problems: string[];
}

const PING_MS = 700;
const JETSTREAM_MS = 2000;
/** The leader speaks once a second. */
const STATUS_MS = 1300;

export async function readCluster(nats: NatsConnection, now_ms: number): Promise<Cluster> {
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: JETSTREAM_MS });
  const stored = Promise.all([
    Promise.all(STREAMS.map(({ name }) => streamState(manager, name))),
    readLease(nats),
  ] as const).catch((error: unknown) => {
    if (!isServerError(error)) throw error;
    return messageOf(error);
  });
  const [services, found, scheduler] = await Promise.all([
    pingServices(nats, PING_MS),
    stored,
    hearOne(nats, SCHEDULER_STATUS_SUBJECT, schedulerStatus, STATUS_MS, (status) => status),
  ]);
  const [streams, held] = typeof found === 'string' ? [[], undefined] : found;
  services.sort((a, b) => order(a).localeCompare(order(b)));
  const instance = services.find((each) => each.instance_id === held?.instance_id)?.instance_id ?? null;
  return {
    at: new Date(now_ms).toISOString(),
    nats: { server: nats.info?.server_name ?? '', version: nats.info?.version ?? '' },
    jetstream_problem: typeof found === 'string' ? `JetStream of the NATS server does not answer (${found})` : null,
    leader: held === undefined ? null : { holder: held.holder, acquired_at: held.acquired_at, instance },
    services,
    streams: streams.filter((stream) => stream !== undefined),
    scheduler: scheduler ?? null,
    problems: clusterProblems({ services, nats_version: nats.info?.version ?? '' }),
  };
}

/** In the order in which a request passes them; of one service the leader first, then the older. */
function order(health: ServiceHealth): string {
  const index = ['gateway', 'ingest', 'scheduler', 'worker', 'aggregator', 'anomaly', 'notifier'].indexOf(
    health.service,
  );
  const role = health.role === 'leader' ? '' : (health.role ?? '');
  return `${index < 0 ? 9 : index} ${health.service} ${role} ${health.started_at}`;
}

async function streamState(manager: JetStreamManager, name: string): Promise<StreamState | undefined> {
  try {
    const { state, config } = await manager.streams.info(name);
    const consumers: StreamState['consumers'] = [];
    for await (const info of manager.consumers.list(name)) {
      // Others, without a name of their own, are readers that come and go.
      if (info.config.durable_name === undefined) continue;
      consumers.push({
        consumer: info.name,
        pending: info.num_pending,
        unacked: info.num_ack_pending,
        redelivered: info.num_redelivered,
      });
    }
    return {
      stream: name,
      messages: state.messages,
      bytes: state.bytes,
      last_sequence: state.last_seq,
      first_at: state.messages === 0 ? null : state.first_ts,
      last_at: state.messages === 0 ? null : state.last_ts,
      replicas: config.num_replicas,
      consumers,
    };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function readLease(nats: NatsConnection): Promise<Lease | undefined> {
  try {
    const entry = await (await new Kvm(jetstream(nats, { timeout: JETSTREAM_MS })).open(LEASES_BUCKET)).get(
      SCHEDULER_LEASE_KEY,
    );
    if (entry === null || entry.operation !== 'PUT') return undefined;
    const parsed = parseJson(lease, entry.value);
    return parsed.ok ? parsed.value : undefined;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}
