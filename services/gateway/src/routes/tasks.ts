import { ask } from '@benchwire/shared/client/ask.ts';
import { liveLog } from '@benchwire/shared/client/logs.ts';
import type { taskApi } from '@benchwire/shared/contracts/api/tasks.ts';
import type { TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { WHY_SUBJECT, whyReply } from '@benchwire/shared/contracts/scheduler.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, notFound } from '../problem.ts';
import type { Handlers } from './route.ts';
import { submitFor } from './submit-for.ts';

interface TaskPlace {
  run_id: string;
  task_id: string;
}

async function findTask({ client }: Gateway, { run_id, task_id }: TaskPlace): Promise<TaskRow> {
  const [row] = (await client.query('tasks', { run_id, task_id, limit: 1 })).rows;
  if (row === undefined) throw notFound(`task ${task_id} in run ${run_id}`);
  return row;
}

export const taskHandlers: Handlers<typeof taskApi> = {
  'POST /api/tasks': ({ body, ...call }) => submitFor(call, body),

  'GET /api/tasks/:run_id/:task_id': async ({ gateway, params }) =>
    gateway.written.describe(await findTask(gateway, params)),

  'GET /api/tasks/:run_id/:task_id/attempts': async ({ gateway, params }) => ({
    items: (await gateway.client.query('attempts', params)).rows,
  }),

  'GET /api/tasks/:run_id/:task_id/log': async ({ gateway, params, query }) => {
    const row = await findTask(gateway, params);
    const { attempt = row.attempt, after } = query;
    const nothing = { attempt, text: '', next: after, is_live: false };
    // Which worker had an attempt before the newest is not looked up: its log is with its outcome.
    if (row.worker_id === '' || attempt !== row.attempt) return nothing;
    const piece = await liveLog(gateway.client.nats, row.worker_id, { ...params, attempt }, after);
    if (piece === undefined) return nothing;
    return { attempt, text: Buffer.from(piece.bytes).toString('base64'), next: piece.next, is_live: true };
  },

  'GET /api/tasks/:run_id/:task_id/outcome': async ({ gateway, params, query: { attempt } }) => {
    const [row] = (await gateway.client.query('outcomes', { ...params, attempt })).rows;
    if (row !== undefined) return row;
    const { state } = await findTask(gateway, params);
    const which = attempt === undefined ? '' : `, attempt ${attempt}`;
    throw notFound(`outcome of task ${params.task_id}${which}: it is ${state}`);
  },

  'GET /api/tasks/:run_id/:task_id/why': async ({ gateway, params }) => {
    const reply = await ask(gateway.client.nats, WHY_SUBJECT, params, whyReply, {
      service: 'scheduler',
      reads_only: true,
    });
    if (reply.ok) return reply.task;
    const [issue] = reply.issues;
    throw new HttpProblem(404, 'NOT_WAITING', issue?.message ?? 'The scheduler does not know it.', reply.issues);
  },

  'POST /api/tasks/:run_id/:task_id/cancel': async ({ gateway, params: { run_id, task_id }, body: { reason } }) => {
    const { state } = await findTask(gateway, { run_id, task_id });
    if (state !== 'waiting' && state !== 'running')
      throw new HttpProblem(409, 'TASK_OVER', `Task ${task_id} is ${state.replace('_', ' ')} already.`);
    await gateway.client.cancel(run_id, reason, task_id);
    return { run_id, task_id };
  },

  'POST /api/tasks/:run_id/:task_id/retry': async ({ gateway, params }) => {
    const { tags, ...request } = await gateway.written.requestToRetry(await findTask(gateway, params));
    const retry = { retry_of: params.run_id, retry_task: params.task_id };
    return await gateway.client.submitWritten({ ...request, tags: { ...tags, ...retry } });
  },
};
