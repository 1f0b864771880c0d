import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { benchmarkIssues, benchmarkRequest, benchmarkRun } from '@benchwire/shared/contracts/benchmark.ts';
import { hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { runId, taskId, timestamp } from '@benchwire/shared/contracts/ids.ts';
import { type ModelRow, matrixRow, outcomeRow, type RunRow } from '@benchwire/shared/contracts/rows.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import { HttpProblem } from '../problem.ts';
import { findRun } from './find-run.ts';
import { cursor, decodeCursor, limitOf, listAnswer, page, pageOf } from './page.ts';
import { resultsOfRun } from './results-of-run.ts';
import { type Route, route } from './route.ts';
import { runNow, withStatus } from './run-now.ts';
import { submitFor } from './submit-for.ts';

const params = z.object({ run_id: runId });

const status = runNow.extend({
  /** From 0 to 1: tasks that have ended. */
  progress: z.number(),
  current_step: z.string(),
  completed_models: z.int(),
  total_models: z.int(),
});

/** Both forms for the OpenAPI document; `requestOf` checks them, since a union of them could not say what is wrong in one. */
const benchmarkBody = z.looseObject({}).meta({
  anyOf: [z.toJSONSchema(benchmarkRun, { io: 'input', reused: 'inline' }), { required: ['tasks'] }].map(
    ({ $schema: _, ...json }: Record<string, unknown>) => json,
  ),
});

/** A body with tasks is a full request; anything else is meant as models on hardware. @throws HttpProblem 422 */
function requestOf(body: Readonly<Record<string, unknown>>): RequestInput {
  if ('tasks' in body) return body as unknown as RequestInput;
  const parsed = parseWith(benchmarkRun, body);
  const issues = parsed.ok ? benchmarkIssues(parsed.value) : parsed.issues;
  if (!parsed.ok || issues.length > 0)
    throw new HttpProblem(422, 'REQUEST_INVALID', 'The request is not valid.', issues);
  return benchmarkRequest(parsed.value);
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
    ...withStatus(row),
    progress: progressOf(row),
    current_step: running.length > 0 ? running.slice(0, 10).join(', ') : row.state,
    completed_models: [...models.values()].filter((of) => !of.some(isOpen)).length,
    total_models: models.size,
  };
}

const benchmarkModel = z.object({
  /** What a request names it by. */
  model: z.string(),
  /** Whether the catalogue has it, so that any request can name it. */
  in_catalogue: z.boolean(),
  title: z.string().nullable(),
  license: z.string().nullable(),
  /** Null where it was never measured. */
  last_measured_at: timestamp.nullable(),
  /** Pools that it was measured on. */
  pools: z.array(z.string()),
  executors: z.array(z.string()),
});

/** The catalogue and everything that has results, by name. */
function benchmarkModels(measured: readonly ModelRow[]): Array<z.infer<typeof benchmarkModel>> {
  const rows = new Map(measured.map((row) => [row.model, row]));
  return [...new Set([...Object.keys(CATALOGUE), ...rows.keys()])].sort().map((model) => {
    const known = Object.hasOwn(CATALOGUE, model) ? CATALOGUE[model] : undefined;
    const { last_measured_at = null, pools = [], executors = [] } = rows.get(model) ?? {};
    const { title = null, license = null } = known ?? {};
    return { model, in_catalogue: known !== undefined, title, license, last_measured_at, pools, executors };
  });
}

/** A finished run, and where its report is. */
const benchmarkReport = runNow.extend({
  /** The report as one HTML file. */
  report_url: z.string(),
  /** Every value that it measured, as JSON. */
  results_url: z.string(),
});

/** The benchmark API: what the documented requests of benchmark tools expect, on top of runs and results. */
export const benchmarkRoutes: Route[] = [
  route({
    ...{ method: 'POST', url: '/api/benchmark/run', role: 'submitter', status: 202 },
    summary: 'Start benchmarks: every model on every hardware, or a full request',
    max_body_bytes: Number.POSITIVE_INFINITY,
    body: benchmarkBody,
    answer: z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() }),
    handle: ({ body, ...call }) => submitFor(call, requestOf(body)),
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
    ...{ method: 'GET', url: '/api/benchmark/outcomes/:run_id', role: 'viewer' },
    summary: 'The whole result document of each task of a run',
    params,
    query: z.object({ limit: limitOf(100, 1000), cursor }),
    answer: pageOf(outcomeRow),
    handle: async ({ gateway: { client }, params: { run_id }, query: { limit, cursor } }) => {
      await findRun(client, run_id);
      const after_task_id = decodeCursor(cursor, taskId) ?? '';
      return page(await client.query('outcomes', { run_id, limit, after_task_id }), (last) => last.task_id);
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/benchmark/models', role: 'viewer' },
    summary: 'Models that can be benchmarked by name, and models that were',
    answer: listAnswer(benchmarkModel),
    handle: async ({ gateway: { client } }) => ({
      items: benchmarkModels((await client.query('models', { limit: 10_000 })).rows),
    }),
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
      summary: 'Reports of finished runs, the newest first',
    },
    query: z.object({ limit: limitOf(20) }),
    answer: listAnswer(benchmarkReport),
    handle: async ({ gateway: { client }, query: { limit } }) => ({
      items: (await client.query('runs', { limit, states: ['finished'] })).rows.map((run) => ({
        ...withStatus(run),
        report_url: `/api/runs/${run.run_id}/report`,
        results_url: `/api/benchmark/results/${run.run_id}`,
      })),
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
