import { clusterProblems } from '@benchwire/shared/client/cluster-problems.ts';
import type { WorkerAction } from '@benchwire/shared/client/worker-action.ts';
import { timestamp, token } from '@benchwire/shared/contracts/ids.ts';
import { workerRow } from '@benchwire/shared/contracts/rows.ts';
import { serviceHealth } from '@benchwire/shared/contracts/service.ts';
import { schedulerStatus } from '@benchwire/shared/contracts/status.ts';
import { heartbeat } from '@benchwire/shared/contracts/worker.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { z } from 'zod';
import { act } from '../adapters/worker-commands.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { limitOf, pageOf } from './page.ts';
import { type Route, route } from './route.ts';

const params = z.object({ id: token });
const workerNow = workerRow.extend({
  /** When its process started, as it said when it joined. */
  registered_at: timestamp.nullable(),
  /** Null for one that is silent. */
  last_heartbeat_at: timestamp.nullable(),
  /** With processor load, memory, temperature and what it executes. */
  heartbeat: heartbeat.nullable(),
});

async function workersNow({ client, fleet }: Gateway, limit: number) {
  const { rows } = await client.query('workers', { limit });
  return rows.map((row) => {
    const last = fleet.heartbeatOf(row.worker_id);
    const registered_at = row.capabilities?.started_at ?? null;
    return { ...row, registered_at, last_heartbeat_at: last?.sent_at ?? null, heartbeat: last };
  });
}

const action = (name: WorkerAction, summary: string): Route =>
  route({
    ...{ method: 'POST', url: `/api/workers/:id/${name}`, role: 'operator', summary },
    params,
    body: z.strictObject({ reason: z.string().max(2000).default('') }).default({ reason: '' }),
    answer: z.object({ worker_id: z.string(), message: z.string() }),
    handle: async ({ gateway, params: { id }, body: { reason }, caller }) => {
      const because = reason === '' ? `by ${caller.subject}` : reason;
      return { worker_id: id, message: await act(gateway.client.nats, name, id, because, new Date()) };
    },
  });

export const fleetRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/workers', role: 'viewer', summary: 'Workers with their last heartbeat' },
    query: z.object({ limit: limitOf(1000, 100_000) }),
    answer: pageOf(workerNow),
    handle: async ({ gateway, query: { limit } }) => ({ items: await workersNow(gateway, limit), next_cursor: null }),
  }),
  route({
    ...{ method: 'GET', url: '/api/workers/:id', role: 'viewer', summary: 'One worker' },
    params,
    answer: workerNow,
    handle: async ({ gateway, params: { id } }) => {
      const worker = (await workersNow(gateway, 100_000)).find(({ worker_id }) => worker_id === id);
      if (worker === undefined) throw notFound(`worker ${id}`);
      return worker;
    },
  }),
  action('drain', 'It takes no tasks until it is resumed or restarted'),
  action('quarantine', 'It takes no tasks, also after a restart'),
  action('resume', 'It takes tasks again'),
  route({
    ...{
      method: 'GET',
      url: '/api/pools',
      role: 'viewer',
      summary: 'What the scheduler said last: pools and what waits',
    },
    answer: schedulerStatus,
    handle: async ({ gateway }) => {
      const { status } = gateway.fleet;
      if (status === undefined)
        throw new HttpProblem(
          503,
          'NO_SCHEDULER',
          'No scheduler has said anything for ten seconds: look whether one runs.',
        );
      return status;
    },
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/cluster',
      role: 'viewer',
      summary: 'Every service that answers, and the NATS server',
    },
    answer: z.object({
      services: z.array(serviceHealth),
      nats: z.object({ version: z.string(), server_name: z.string(), cluster: z.string().nullable() }).nullable(),
      /** What is wrong with the whole and with each service, one sentence each; none when all is well. */
      problems: z.array(z.string()),
    }),
    handle: async ({ gateway: { client } }) => {
      const { info } = client.nats;
      const nats =
        info === undefined
          ? null
          : { version: info.version, server_name: info.server_name, cluster: info.cluster ?? null };
      const services = await pingServices(client.nats, 500);
      return { services, nats, problems: clusterProblems({ services, nats_version: info?.version ?? '' }) };
    },
  }),
];
