import { clusterProblems } from '@benchwire/shared/client/cluster-problems.ts';
import type { WorkerAction } from '@benchwire/shared/client/worker-action.ts';
import type { fleetApi, WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import { pingServices } from '@benchwire/shared/runtime/ping-services.ts';
import { act } from '../adapters/worker-commands.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { onePage } from './page.ts';
import type { Handlers } from './route.ts';

type Fleet = typeof fleetApi;

async function workersNow({ client, fleet }: Gateway, limit: number): Promise<WorkerNow[]> {
  const { rows } = await client.query('workers', { limit });
  return rows.map((row) => {
    const last = fleet.heartbeatOf(row.worker_id);
    const registered_at = row.capabilities?.started_at ?? null;
    return { ...row, registered_at, last_heartbeat_at: last?.sent_at ?? null, heartbeat: last };
  });
}

const action =
  (name: WorkerAction): Handlers<Fleet>[`POST /api/workers/:id/${WorkerAction}`] =>
  async ({ gateway, params: { id }, body: { reason }, caller }) => {
    const because = reason === '' ? `by ${caller.subject}` : reason;
    return { worker_id: id, message: await act(gateway.client.nats, name, id, because, new Date()) };
  };

export const fleetHandlers: Handlers<Fleet> = {
  'GET /api/workers': async ({ gateway, query: { limit } }) => onePage({ rows: await workersNow(gateway, limit) }),

  'GET /api/workers/:id': async ({ gateway, params: { id } }) => {
    const worker = (await workersNow(gateway, 100_000)).find(({ worker_id }) => worker_id === id);
    if (worker === undefined) throw notFound(`worker ${id}`);
    return worker;
  },

  'POST /api/workers/:id/drain': action('drain'),
  'POST /api/workers/:id/quarantine': action('quarantine'),
  'POST /api/workers/:id/resume': action('resume'),

  'GET /api/pools': async ({ gateway }) => {
    const { status } = gateway.fleet;
    if (status !== undefined) return status;
    throw new HttpProblem(
      503,
      'NO_SCHEDULER',
      'No scheduler has said anything for ten seconds: look whether one runs.',
    );
  },

  'GET /api/cluster': async ({ gateway: { client } }) => {
    const { info } = client.nats;
    const nats =
      info === undefined
        ? null
        : { version: info.version, server_name: info.server_name, cluster: info.cluster ?? null };
    const services = await pingServices(client.nats, 500);
    return { services, nats, problems: clusterProblems({ services, nats_version: info?.version ?? '' }) };
  },
};
