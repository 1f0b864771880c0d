import { z } from 'zod';
import { timestamp, token } from '../ids.ts';
import { workerRow } from '../rows.ts';
import { serviceHealth } from '../service.ts';
import { schedulerStatus } from '../status.ts';
import { heartbeat } from '../worker.ts';
import { limitOf, pageOf } from './lists.ts';
import { signatures } from './signature.ts';

const params = z.object({ id: token });

/** A worker as stored, with its last heartbeat where it is alive. */
export const workerNow = workerRow.extend({
  /** When its process started, as it said when it joined. */
  registered_at: timestamp.nullable(),
  /** Null for one that is silent. */
  last_heartbeat_at: timestamp.nullable(),
  /** With processor load, memory, temperature and what it executes. */
  heartbeat: heartbeat.nullable(),
});
export type WorkerNow = z.infer<typeof workerNow>;

export const cluster = z.object({
  services: z.array(serviceHealth),
  nats: z.object({ version: z.string(), server_name: z.string(), cluster: z.string().nullable() }).nullable(),
  /** What is wrong with the whole and with each service, one sentence each; none when all is well. */
  problems: z.array(z.string()),
});
export type Cluster = z.infer<typeof cluster>;

const act = (summary: string) =>
  ({
    role: 'operator',
    summary,
    params,
    body: z.strictObject({ reason: z.string().max(2000).default('') }).default({ reason: '' }),
    answer: z.object({ worker_id: z.string(), message: z.string() }),
  }) as const;

export const fleetApi = signatures({
  'GET /api/workers': {
    role: 'viewer',
    summary: 'Workers with their last heartbeat',
    query: z.strictObject({ limit: limitOf(1000, 100_000) }),
    answer: pageOf(workerNow),
  },
  'GET /api/workers/:id': { role: 'viewer', summary: 'One worker', params, answer: workerNow },
  'POST /api/workers/:id/drain': act('It takes no tasks until it is resumed or restarted'),
  'POST /api/workers/:id/quarantine': act('It takes no tasks, also after a restart'),
  'POST /api/workers/:id/resume': act('It takes tasks again'),
  'GET /api/pools': {
    role: 'viewer',
    summary: 'What the scheduler said last: pools and what waits',
    answer: schedulerStatus,
  },
  'GET /api/cluster': { role: 'viewer', summary: 'Every service that answers, and the NATS server', answer: cluster },
});
