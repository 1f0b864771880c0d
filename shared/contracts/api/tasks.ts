import { z } from 'zod';
import { runId, taskId } from '../ids.ts';
import { attemptRow, outcomeRow } from '../rows.ts';
import { taskExplanation } from '../scheduler.ts';
import { listAnswer } from './lists.ts';
import { submitted, taskNow } from './runs.ts';
import { signatures } from './signature.ts';

const params = z.object({ run_id: runId, task_id: taskId });

export const taskApi = signatures({
  'POST /api/tasks': {
    role: 'submitter',
    summary: 'Start a single task, as a run of its own',
    body: z.looseObject({ task_id: taskId }),
    max_body_bytes: Number.POSITIVE_INFINITY,
    answer: submitted,
    status: 202,
  },
  'GET /api/tasks/:run_id/:task_id': { role: 'viewer', summary: 'One task', params, answer: taskNow },
  'GET /api/tasks/:run_id/:task_id/attempts': {
    role: 'viewer',
    summary: 'Its attempts with their logs',
    params,
    answer: listAnswer(attemptRow),
  },
  'GET /api/tasks/:run_id/:task_id/log': {
    role: 'viewer',
    summary:
      'What an attempt that runs has printed behind the first `after` bytes; ask again with `next` while `is_live`',
    params,
    query: z.strictObject({
      /** Its newest one without. */
      attempt: z.coerce.number().int().min(1).optional(),
      after: z.coerce.number().int().min(0).default(0),
    }),
    answer: z.object({
      attempt: z.int(),
      /** Base64 of whole lines in UTF-8. */
      text: z.string(),
      next: z.int(),
      /** False where no worker has it: it has not begun, or its log is with its outcome. */
      is_live: z.boolean(),
    }),
  },
  'GET /api/tasks/:run_id/:task_id/outcome': {
    role: 'viewer',
    summary: 'Its whole result document: what was measured, on what, with what environment and logs',
    params,
    query: z.strictObject({ attempt: z.coerce.number().int().min(1).optional() }),
    answer: outcomeRow,
  },
  'GET /api/tasks/:run_id/:task_id/why': { role: 'viewer', summary: 'Why it waits', params, answer: taskExplanation },
  'POST /api/tasks/:run_id/:task_id/cancel': {
    role: 'submitter',
    summary: 'Cancel this one task; the others of its run go on',
    params,
    body: z.strictObject({ reason: z.string().max(1000).optional() }).default({}),
    answer: z.object({ run_id: runId, task_id: taskId }),
    status: 202,
  },
  'POST /api/tasks/:run_id/:task_id/retry': {
    role: 'submitter',
    summary: 'Run this one task again, as a run of its own',
    params,
    answer: submitted,
    status: 202,
  },
});
