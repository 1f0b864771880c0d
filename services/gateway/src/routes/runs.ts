import { ClientError } from '@benchwire/shared/client/errors.ts';
import { runReport } from '@benchwire/shared/client/run-report.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { runId, taskId, timestamp } from '@benchwire/shared/contracts/ids.ts';
import { QUERIES, type QueryParameters } from '@benchwire/shared/contracts/query.ts';
import { issue } from '@benchwire/shared/contracts/request.ts';
import { eventRow, findingRow, taskState } from '@benchwire/shared/contracts/rows.ts';
import { RUN_STATUSES, type RunStatus } from '@benchwire/shared/contracts/run-status.ts';
import { renderReport } from '@benchwire/shared/report/render-report.ts';
import { z } from 'zod';
import { taskNow } from '../adapters/written-tasks.ts';
import { checkWritten } from '../decide/read-request.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { sourcesOf } from '../read-bodies.ts';
import { findRun } from './find-run.ts';
import { cursor, decodeCursor, limitOf, page, pageOf } from './page.ts';
import { resultsOfRun } from './results-of-run.ts';
import { type Route, route } from './route.ts';
import { runNow, withStatus } from './run-now.ts';
import { submitFor } from './submit-for.ts';

const params = z.object({ run_id: runId });
const reason = z.strictObject({ reason: z.string().max(1000).optional() }).default({});
const submitted = z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() });

/** The request that a run was started with. @throws HttpProblem 404, or 409 with why it was not kept */
export async function storedRequest(gateway: Gateway, run_id: string): Promise<Record<string, unknown>> {
  const [row] = (await gateway.client.query('request', { run_id })).rows;
  if (row === undefined) throw notFound(`stored request of run ${run_id}`);
  if (row.request === '')
    throw new HttpProblem(409, 'REQUEST_NOT_KEPT', `The request of run ${run_id} was not kept: ${row.reason}`);
  return JSON.parse(row.request);
}

type RunFilter = '' | 'open' | 'accepted' | 'finished' | RunStatus | undefined;

function statesOf(filter: RunFilter): Pick<QueryParameters<'runs'>, 'states' | 'statuses'> {
  switch (filter) {
    case undefined:
    case '':
      return {};
    case 'open':
      return { states: ['accepted', 'cancelling'] };
    case 'accepted':
    case 'finished':
      return { states: [filter] };
    default:
      return { statuses: [filter] };
  }
}

/** Anything, for ingest to judge: it says what is wrong and where, and so does a dry run. YAML comes as text. */
const writtenBody = z.unknown().meta({
  description: 'A request with its `tasks`, or a single task: docs/requests.md',
  examples: [{ tasks: [{ task_id: 'first', executor: 'onnx', config: { model: 'silero-vad-v5' } }] }],
});

export const runRoutes: Route[] = [
  route({
    ...{ method: 'GET', url: '/api/runs', role: 'viewer', summary: 'Runs, the newest first' },
    query: z.object({
      state: z.enum(['', 'open', 'accepted', 'finished', ...RUN_STATUSES]).optional(),
      search: z.string().max(256).optional(),
      tag: z.string().max(256).optional(),
      limit: limitOf(20),
      cursor,
    }),
    answer: pageOf(runNow),
    handle: async ({ gateway, query: { state, search, tag, limit, cursor } }) => {
      const before = decodeCursor(cursor, z.strictObject({ accepted_at: timestamp, run_id: runId }));
      const answer = await gateway.client.query('runs', {
        limit,
        ...statesOf(state),
        ...(search === undefined ? {} : { search }),
        ...(tag === undefined ? {} : { tag }),
        ...(before === undefined ? {} : { before }),
      });
      return page({ ...answer, rows: answer.rows.map(withStatus) }, ({ accepted_at, run_id }) => ({
        accepted_at,
        run_id,
      }));
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/runs', role: 'submitter', status: 202, other_status: 200 },
    summary: 'Start a run: a request or a single task as JSON, or YAML as application/yaml',
    query: z.object({ dry_run: z.stringbool().default(false) }),
    max_body_bytes: Number.POSITIVE_INFINITY,
    body: writtenBody,
    answer: z.union([submitted, z.object({ task_count: z.int(), issues: z.array(issue) })]),
    handle: async ({ gateway, query: { dry_run }, body, request, reply, caller }) => {
      const written = { value: body, sources: sourcesOf(request) };
      if (dry_run) {
        reply.code(200);
        return checkWritten(written);
      }
      const refuse = (): void => {
        const { issues } = checkWritten(written);
        if (issues.length > 0) throw new HttpProblem(422, 'REQUEST_INVALID', 'The request is not valid.', issues);
      };
      if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse();
      return await submitFor({ gateway, caller, request }, body as RequestInput).catch((error: unknown) => {
        // Only here is known how the values were written.
        if (error instanceof ClientError && error.code === 'REQUEST_INVALID') refuse();
        throw error;
      });
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/runs/:run_id', role: 'viewer', summary: 'One run with its counts' },
    params,
    answer: runNow,
    handle: async ({ gateway, params: { run_id } }) => withStatus(await findRun(gateway.client, run_id)),
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/runs/:run_id/request',
      role: 'viewer',
      summary: 'The request that it was started with',
    },
    params,
    answer: QUERIES.request.row,
    handle: async ({ gateway, params: { run_id } }) => {
      const [row] = (await gateway.client.query('request', { run_id })).rows;
      if (row === undefined) throw notFound(`stored request of run ${run_id}`);
      return row;
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/runs/:run_id/tasks', role: 'viewer', summary: 'Its tasks by id' },
    params,
    query: z.object({
      state: taskState.optional(),
      search: z.string().max(256).optional(),
      limit: limitOf(1000, 10_000),
      cursor,
    }),
    answer: pageOf(taskNow),
    handle: async ({ gateway, params: { run_id }, query: { state, search, limit, cursor } }) => {
      const after_task_id = decodeCursor(cursor, taskId) ?? '';
      const answer = await gateway.client.query('tasks', {
        run_id,
        limit,
        after_task_id,
        ...(state === undefined ? {} : { state }),
        ...(search === undefined ? {} : { search }),
      });
      const rows = await gateway.written.describe(run_id, answer.rows);
      return page({ ...answer, rows }, (last) => last.task_id);
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/runs/:run_id/results', role: 'viewer', summary: 'What it measured, by task id' },
    ...resultsOfRun,
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/runs/:run_id/events',
      role: 'viewer',
      summary: 'What happened in it, the newest first',
    },
    params,
    query: z.object({ task_id: taskId.optional(), limit: limitOf(100), cursor }),
    answer: pageOf(eventRow),
    handle: async ({ gateway, params: { run_id }, query: { task_id, limit, cursor } }) => {
      const before = decodeCursor(cursor, z.strictObject({ at: timestamp, event_id: z.string() }));
      const answer = await gateway.client.query('events', {
        ...{ run_id, limit },
        ...(task_id === undefined ? {} : { task_id }),
        ...(before === undefined ? {} : { before }),
      });
      return page(answer, ({ at, event_id }) => ({ at, event_id }));
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/runs/:run_id/findings', role: 'viewer', summary: 'Findings that it brought' },
    params,
    query: z.object({ limit: limitOf(50) }),
    answer: pageOf(findingRow),
    handle: async ({ gateway, params: { run_id }, query: { limit } }) => {
      const { rows } = await gateway.client.query('findings', { run_id, limit });
      return { items: rows, next_cursor: null };
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/runs/:run_id/report', role: 'viewer', content_type: 'text/html; charset=utf-8' },
    summary: 'The whole run as one HTML file that needs nothing else',
    params,
    answer: z.string(),
    handle: async ({ gateway, params: { run_id }, reply }) => {
      const report = await runReport(gateway.client, run_id, new Date());
      if (report === undefined) throw notFound(`run ${run_id}`);
      reply
        .type('text/html; charset=utf-8')
        .header('content-disposition', `attachment; filename="benchwire-report-${run_id.slice(0, 13)}.html"`)
        // Its style stands in it, and there is nothing else to load.
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      return renderReport(report);
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/runs/:run_id/cancel', role: 'submitter', summary: 'Cancel a run', status: 202 },
    params,
    body: reason,
    answer: z.object({ run_id: runId }),
    handle: async ({ gateway, params: { run_id }, body: { reason } }) => {
      await findRun(gateway.client, run_id);
      await gateway.client.cancel(run_id, reason);
      return { run_id };
    },
  }),
  route({
    ...{
      method: 'POST',
      url: '/api/runs/:run_id/repeat',
      role: 'submitter',
      summary: 'Run it again, as it was written',
      status: 202,
    },
    params,
    answer: submitted,
    handle: async ({ gateway, params: { run_id } }) => {
      const { request_id: _, ...request } = await storedRequest(gateway, run_id);
      const tags = { ...(request.tags as Record<string, string> | undefined), repeat_of: run_id };
      return await gateway.client.submit({ ...request, tags } as unknown as RequestInput);
    },
  }),
];
