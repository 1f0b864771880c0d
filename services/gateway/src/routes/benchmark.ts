import { findListed, type ListedModel, listModels, type ModelFilter } from '@benchwire/shared/catalogue/models.ts';
import type { Client } from '@benchwire/shared/client/client.ts';
import { type BenchmarkPlan, planBenchmark } from '@benchwire/shared/client/plan-benchmark.ts';
import type {
  BenchmarkDryRun,
  BenchmarkModel,
  BenchmarkStatus,
  benchmarkApi,
} from '@benchwire/shared/contracts/api/benchmark.ts';
import { type BenchmarkRun, benchmarkIssues, benchmarkRun } from '@benchwire/shared/contracts/benchmark.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import type { ModelRow, RunRow } from '@benchwire/shared/contracts/rows.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { dryRunOf } from '../decide/read-request.ts';
import { HttpProblem } from '../problem.ts';
import { decodeCursor, page } from './page.ts';
import { resultsOfRun } from './results-of-run.ts';
import type { Handlers } from './route.ts';
import { findRun, withStatus } from './run-now.ts';
import { submitFor } from './submit-for.ts';

/** @throws HttpProblem 422 for a body that is not one of a run of models */
function runOfBody(body: Readonly<Record<string, unknown>>): BenchmarkRun {
  const parsed = parseWith(benchmarkRun, body);
  if (parsed.ok) return parsed.value;
  throw new HttpProblem(422, 'REQUEST_INVALID', 'The request is not valid.', parsed.issues);
}

/** A worker of that hardware may come: its tasks wait, and `why` says for what. PyTorch comes with no worker by itself. */
const planOf = (client: Client, run: BenchmarkRun): Promise<BenchmarkPlan> =>
  planBenchmark(client, { ...run, wait_for_workers: true }, new Date());

/** Why a run that is valid cannot start now; undefined where it can. */
function startProblem(run: BenchmarkRun, plan: BenchmarkPlan): HttpProblem | undefined {
  const missing = plan.no_worker.find(({ lacks, executor }) => lacks === 'executor' && executor === 'torch');
  if (missing !== undefined && !run.wait_for_workers) {
    const message = `${missing.model} cannot be measured now: ${missing.reason}. With \`wait_for_workers\` its tasks wait for one.`;
    return new HttpProblem(409, 'EXECUTOR_MISSING', message);
  }
  if (plan.request !== null) return undefined;
  const message = 'Everything was measured already; `max_age_seconds` says what is too old.';
  return new HttpProblem(409, 'NOTHING_TO_MEASURE', message);
}

/**
 * A body with tasks is a full request; anything else is meant as models on hardware.
 * @throws HttpProblem 422; 409 where no worker has PyTorch, or where nothing is left to measure
 */
async function requestOf(client: Client, body: Readonly<Record<string, unknown>>): Promise<unknown> {
  if ('tasks' in body) return body;
  const run = runOfBody(body);
  const issues = benchmarkIssues(run);
  if (issues.length > 0) throw new HttpProblem(422, 'REQUEST_INVALID', 'The request is not valid.', issues);
  const plan = await planOf(client, run);
  const problem = startProblem(run, plan);
  if (problem !== undefined) throw problem;
  return plan.request;
}

/** What a body would become, without starting it. @throws HttpProblem 422 for one that does not fit the schema */
async function benchmarkDryRun(client: Client, body: Readonly<Record<string, unknown>>): Promise<BenchmarkDryRun> {
  if ('tasks' in body) return { ...dryRunOf({ value: body, sources: new Map() }), waiting: [], fresh_count: 0 };
  const run = runOfBody(body);
  const wrong = benchmarkIssues(run);
  if (wrong.length > 0) return { task_count: 0, issues: [...wrong], waiting: [], fresh_count: 0 };
  const plan = await planOf(client, run);
  const { request, no_worker, fresh } = plan;
  const problem = startProblem(run, plan);
  const checked = request === null ? { task_count: 0, issues: [] } : dryRunOf({ value: request, sources: new Map() });
  const issue = problem && { path: '', code: problem.code.toLowerCase(), message: problem.message };
  return {
    ...checked,
    issues: [...checked.issues, ...(issue === undefined ? [] : [issue])],
    waiting: no_worker.map(({ model, hardware, reason }) => ({ model, hardware, reason })),
    fresh_count: fresh.length,
  };
}

function progressOf({ total, waiting, running, state }: RunRow): number {
  if (state === 'finished') return 1;
  return total === 0 ? 0 : (total - waiting - running) / total;
}

/** How far a run is, with its models counted. @throws HttpProblem 404 */
export async function benchmarkStatus(client: Client, run_id: string): Promise<BenchmarkStatus> {
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

/** The catalogue and everything that has results, by name. A filter leaves only what the catalogue knows to fit it. */
function benchmarkModels(measured: readonly ModelRow[], filter: ModelFilter): BenchmarkModel[] {
  const rows = new Map(measured.map((row) => [row.model, row]));
  const { search = '', ...others } = filter;
  const by_facts = Object.values(others).some((value) => value !== undefined);
  const beside = [...rows.keys()].filter(
    (model) => !by_facts && findListed(model) === undefined && model.toLowerCase().includes(search.toLowerCase()),
  );
  return [
    ...listModels(filter).map((each) => modelOf(each.model, rows.get(each.model), each)),
    ...beside.map((model) => modelOf(model, rows.get(model), undefined)),
  ].sort((a, b) => (a.model < b.model ? -1 : 1));
}

function modelOf(model: string, row: ModelRow | undefined, known: ListedModel | undefined): BenchmarkModel {
  const { last_measured_at = null, pools = [], executors = [] } = row ?? {};
  const measured = { last_measured_at, pools, executors };
  if (known === undefined) return { model, in_catalogue: false, title: null, license: null, ...measured };
  const { title, license, model: _, modalities, tasks, used_by, runs, dimensions, ...facts } = known;
  return {
    ...{ model, in_catalogue: true, title, license },
    ...measured,
    catalogue: {
      ...facts,
      ...{ modalities: [...modalities], tasks: [...tasks], used_by: [...used_by], runs: [...runs] },
      dimensions: { ...dimensions },
    },
  };
}

export const benchmarkHandlers: Handlers<typeof benchmarkApi> = {
  'POST /api/benchmark/run': async ({ body, query: { dry_run }, reply, ...call }) => {
    const { client } = call.gateway;
    if (!dry_run) return await submitFor(call, await requestOf(client, body));
    reply.code(200);
    return await benchmarkDryRun(client, body);
  },

  'GET /api/benchmark/status/:run_id': ({ gateway: { client }, params: { run_id } }) => benchmarkStatus(client, run_id),

  'GET /api/benchmark/results/:run_id': resultsOfRun,

  'GET /api/benchmark/outcomes/:run_id': async ({ gateway: { client }, params: { run_id }, query }) => {
    await findRun(client, run_id);
    const { limit, cursor } = query;
    const after_task_id = decodeCursor(cursor, taskId) ?? '';
    return page(await client.query('outcomes', { run_id, limit, after_task_id }), (last) => last.task_id);
  },

  'GET /api/benchmark/models': async ({ gateway: { client }, query }) => ({
    items: benchmarkModels((await client.query('models', { limit: 10_000 })).rows, query),
  }),

  'GET /api/benchmark/hardware': async ({ gateway: { fleet } }) => ({
    items: (fleet.status?.pools ?? []).map(({ pool, class: kind, workers, slots }) => ({
      pool,
      class: kind,
      workers,
      slots,
    })),
  }),

  'GET /api/benchmark/reports': async ({ gateway: { client }, query: { limit } }) => ({
    items: (await client.query('runs', { limit, states: ['finished'] })).rows.map((run) => ({
      ...withStatus(run),
      report_url: `/api/runs/${run.run_id}/report`,
      results_url: `/api/benchmark/results/${run.run_id}`,
    })),
  }),

  'GET /api/benchmark/query': async ({ gateway: { client }, query }) => ({
    items: (await client.query('matrix', query)).rows,
  }),
};
