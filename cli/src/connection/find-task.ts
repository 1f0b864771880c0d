import type { Client } from '@benchwire/shared/client/client.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import { NotFoundError } from '../errors.ts';
import { findRun, shortRunId } from './find-run.ts';

/** A run, or one task of it. */
export interface RunOrTask {
  run_id: string;
  task_id: string | undefined;
}

/** In how many of the newest runs a task is looked for that is named without its run. */
const SEARCHED_RUNS = 20;

/**
 * What `RUN [TASK]` or `TASK` alone names; the latter is that of the newest run that has such a task.
 * @throws NotFoundError
 */
export async function findRunOrTask(client: Client, text: string, task_id: string | undefined): Promise<RunOrTask> {
  try {
    const run_id = await findRun(client, text);
    if (task_id !== undefined && !(await hasTask(client, run_id, task_id))) throw noSuchTask(run_id, task_id);
    return { run_id, task_id };
  } catch (error) {
    if (task_id !== undefined || !(error instanceof NotFoundError) || !taskId.safeParse(text).success) throw error;
    const { rows } = await client.query('runs', { limit: SEARCHED_RUNS });
    for (const { run_id } of rows) if (await hasTask(client, run_id, text)) return { run_id, task_id: text };
    throw error;
  }
}

async function hasTask(client: Client, run_id: string, task_id: string): Promise<boolean> {
  return (await client.query('tasks', { run_id, task_id, limit: 1 })).rows.length > 0;
}

/** For a run that has no task of that name. */
export function noSuchTask(run_id: string, task_id: string): NotFoundError {
  const short = shortRunId(run_id);
  return new NotFoundError(`run ${short} has no task "${task_id}": \`bw show ${short}\` lists its tasks.`);
}
