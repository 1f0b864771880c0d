import type { Client } from '@benchwire/shared/client/client.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { matrixRow, type RunRow, runRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { benchmarkRequest, benchmarkRun } from '../decide/benchmark-request.ts';
import { findRun } from './find-run.ts';
import { limitOf, listAnswer } from './page.ts';
import { resultsOfRun } from './results-of-run.ts';
import { type Route, route } from './route.ts';

const params = z.object({ run_id: runId });

const status = runRow.extend({
  /** From 0 to 1: tasks that have ended. */
  progress: z.number(),
  current_step: z.string(),
  completed_models: z.int(),
  total_models: z.int(),
});

function isBenchmarkRun(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'models' in body;
}

function progressOf({ total, waiting, running, state }: RunRow): number {
  if (state === 'finished') return 1;
  return total === 0 ? 0 : (total - waiting - running) / total;
}

/** How far a run is, with its models counted. @throws HttpProblem 404 */
export async function benchmarkStatus(client: Client, run_id: string): Promise<z.infer<typeof status>> {
  const row = await findRun(client, run_id);
  const { rows: tasks } = await client.query('tasks', { run_id, limit: 10_000 });
  const models = Map.groupBy(tasks, ({ model, task_id }) => model || task_id);
  const isOpen = ({ state }: (typeof tasks)[number]): boolean => state === 'waiting' || state === 'running';
  const running = tasks.filter(({ state }) => state === 'running').map(({ task_id }) => task_id);
  return {
    ...row,
    progress: progressOf(row),
    current_step: running.length > 0 ? running.slice(0, 10).join(', ') : row.state,
    completed_models: [...models.values()].filter((of) => !of.some(isOpen)).length,
    total_models: models.size,
  };
}

/** The API in the seed's words. */
export const benchmarkRoutes: Route[] = [
  route({
    ...{ method: 'POST', url: '/api/benchmark/run', role: 'submitter', status: 202 },
    summary: 'Start benchmarks: every model on every hardware, or a full request',
    body: z.union([benchmarkRun, z.looseObject({ tasks: z.array(z.unknown()).min(1) })]),
    answer: z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() }),
    handle: async ({ gateway, body, request }) => {
      const written = isBenchmarkRun(body)
        ? benchmarkRequest(body as z.infer<typeof benchmarkRun>)
        : (body as RequestInput);
      const key = request.headers['idempotency-key'];
      return await gateway.client.submit(written, typeof key === 'string' ? { request_id: key } : {});
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/benchmark/status/:run_id', role: 'viewer', summary: 'How far a run is' },
    params,
    answer: status,
    handle: ({ gateway: { client }, params: { run_id } }) => benchmarkStatus(client, run_id),
  }),
  route({
    ...{ method: 'GET', url: '/api/benchmark/results/:run_id', role: 'viewer', summary: 'What a run measured' },
    ...resultsOfRun,
  }),
  route({
    ...{ method: 'GET', url: '/api/benchmark/models', role: 'viewer', summary: 'Models that were measured' },
    answer: listAnswer(z.string()),
    handle: async ({ gateway: { client } }) => {
      const { rows } = await client.query('matrix', {});
      return { items: [...new Set(rows.map(({ model }) => model))].sort() };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/benchmark/hardware', role: 'viewer', summary: 'Hardware that takes tasks now' },
    answer: listAnswer(z.object({ pool: z.string(), class: hardwareClass, workers: z.int(), slots: z.int() })),
    handle: async ({ gateway: { fleet } }) => ({
      items: (fleet.status?.pools ?? []).map(({ pool, class: kind, workers, slots }) => ({
        pool,
        class: kind,
        workers,
        slots,
      })),
    }),
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/benchmark/reports',
      role: 'viewer',
      summary: 'Runs that are over, the newest first',
    },
    query: z.object({ limit: limitOf(20) }),
    answer: listAnswer(runRow),
    handle: async ({ gateway: { client }, query: { limit } }) => ({
      items: (await client.query('runs', { limit, states: ['finished'] })).rows,
    }),
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/benchmark/query',
      role: 'viewer',
      summary: 'Newest values by metric, model and hardware',
    },
    query: z.object({
      metric: z.string().max(128).default('latency_ms'),
      model: z.string().max(512).default(''),
      hardware: z.string().max(128).default(''),
    }),
    answer: listAnswer(matrixRow),
    handle: async ({ gateway: { client }, query }) => ({ items: (await client.query('matrix', query)).rows }),
  }),
];
