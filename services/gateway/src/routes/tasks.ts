import { ask } from '@benchwire/shared/client/ask.ts';
import type { RequestInput } from '@benchwire/shared/client/submit.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { runId, taskId } from '@benchwire/shared/contracts/ids.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import { attemptRow, outcomeRow } from '@benchwire/shared/contracts/rows.ts';
import { taskExplanation, WHY_SUBJECT, whyReply } from '@benchwire/shared/contracts/scheduler.ts';
import { z } from 'zod';
import { taskNow } from '../adapters/written-tasks.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import { listAnswer } from './page.ts';
import { type Route, route } from './route.ts';
import { storedRequest } from './runs.ts';
import { submitFor } from './submit-for.ts';

const params = z.object({ run_id: runId, task_id: taskId });

async function findTask({ client }: Gateway, { run_id, task_id }: z.infer<typeof params>) {
  const [row] = (await client.query('tasks', { run_id, task_id, limit: 1 })).rows;
  if (row === undefined) throw notFound(`task ${task_id} in run ${run_id}`);
  return row;
}

/** A task of a request after its matrix, as it may be written again: alone, so it waits for nothing. */
function findWritten(written: unknown, task_id: string): Record<string, unknown> | undefined {
  const parsed = requestSchema.safeParse(written);
  const expansion = parsed.success ? expand(parsed.data) : undefined;
  if (expansion?.ok !== true) return undefined;
  // A copy for one pool has the id of its task and something behind it.
  const found = expansion.tasks
    .filter((each) => task_id === each.task_id || task_id.startsWith(each.task_id))
    .sort((a, b) => b.task_id.length - a.task_id.length)[0];
  if (found === undefined) return undefined;
  const { base_task_id: _, benchmark: __, pool: ___, ...task } = found;
  return { ...task, depends_on: [] };
}

export const taskRoutes: Route[] = [
  route({
    ...{ method: 'POST', url: '/api/tasks', role: 'submitter', status: 202 },
    summary: 'Start a single task, as a run of its own',
    max_body_bytes: Number.POSITIVE_INFINITY,
    body: z.looseObject({ task_id: taskId }),
    answer: z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() }),
    handle: ({ body, ...call }) => submitFor(call, body as unknown as RequestInput),
  }),
  route({
    ...{ method: 'GET', url: '/api/tasks/:run_id/:task_id', role: 'viewer', summary: 'One task' },
    params,
    answer: taskNow,
    handle: async ({ gateway, params }) => {
      const [task] = await gateway.written.describe(params.run_id, [await findTask(gateway, params)]);
      return task;
    },
  }),
  route({
    ...{
      method: 'GET',
      url: '/api/tasks/:run_id/:task_id/attempts',
      role: 'viewer',
      summary: 'Its attempts with their logs',
    },
    params,
    answer: listAnswer(attemptRow),
    handle: async ({ gateway, params }) => ({ items: (await gateway.client.query('attempts', params)).rows }),
  }),
  route({
    ...{ method: 'GET', url: '/api/tasks/:run_id/:task_id/outcome', role: 'viewer' },
    summary: 'Its whole result document: what was measured, on what, with what environment and logs',
    params,
    query: z.object({ attempt: z.coerce.number().int().min(1).optional() }),
    answer: outcomeRow,
    handle: async ({ gateway, params, query: { attempt } }) => {
      const asked = attempt === undefined ? params : { ...params, attempt };
      const [row] = (await gateway.client.query('outcomes', asked)).rows;
      if (row !== undefined) return row;
      const { state } = await findTask(gateway, params);
      throw notFound(
        `outcome of task ${params.task_id}${attempt === undefined ? '' : `, attempt ${attempt}`}: it is ${state}`,
      );
    },
  }),
  route({
    ...{ method: 'GET', url: '/api/tasks/:run_id/:task_id/why', role: 'viewer', summary: 'Why it waits' },
    params,
    answer: taskExplanation,
    handle: async ({ gateway, params }) => {
      const reply = await ask(gateway.client.nats, WHY_SUBJECT, params, whyReply, {
        service: 'scheduler',
        reads_only: true,
      });
      if (reply.ok) return reply.task;
      throw new HttpProblem(
        404,
        'NOT_WAITING',
        reply.issues[0]?.message ?? 'The scheduler does not know it.',
        reply.issues,
      );
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/tasks/:run_id/:task_id/cancel', role: 'submitter', status: 202 },
    summary: 'Cancel this one task; the others of its run go on',
    params,
    body: z.strictObject({ reason: z.string().max(1000).optional() }).default({}),
    answer: z.object({ run_id: runId, task_id: taskId }),
    handle: async ({ gateway, params: { run_id, task_id }, body: { reason } }) => {
      const { state } = await findTask(gateway, { run_id, task_id });
      if (state !== 'waiting' && state !== 'running')
        throw new HttpProblem(409, 'TASK_OVER', `Task ${task_id} is ${state.replace('_', ' ')} already.`);
      await gateway.client.cancel(run_id, reason, task_id);
      return { run_id, task_id };
    },
  }),
  route({
    ...{ method: 'POST', url: '/api/tasks/:run_id/:task_id/retry', role: 'submitter', status: 202 },
    summary: 'Run this one task again, as a run of its own',
    params,
    answer: z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() }),
    handle: async ({ gateway, params }) => {
      await findTask(gateway, params);
      const request = await storedRequest(gateway, params.run_id);
      const { matrix: _, matrix_exclude: __, request_id: ___, ...written } = request;
      const task = findWritten(request, params.task_id);
      if (task === undefined) throw notFound(`task ${params.task_id} in the stored request`);
      const tags = {
        ...(written.tags as Record<string, string> | undefined),
        retry_of: params.run_id,
        retry_task: params.task_id,
      };
      return await gateway.client.submit({ ...written, tags, tasks: [task] } as unknown as RequestInput);
    },
  }),
];
