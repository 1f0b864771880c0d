import type { Client } from '@benchwire/shared/client/client.ts';
import { requestOfRun } from '@benchwire/shared/client/stored-request.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import type { TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { type Again, againTogether } from '@benchwire/shared/contracts/task-of-run.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import { findRunOrTask, type RunOrTask } from '../connection/find-task.ts';
import { NotFoundError } from '../errors.ts';
import { followSubmitted, sayDetached } from './follow-submitted.ts';

/** States of tasks that ended without a result. */
const UNSUCCESSFUL: ReadonlySet<TaskRow['state']> = new Set(['failed', 'timed_out', 'lost', 'cancelled']);

export const retry = defineCommand({
  name: 'retry',
  summary: 'run the failed tasks of a run again, or one task',
  positionals: ['RUN|TASK', '[TASK]'],
  options: { detach: { kind: 'flag', short: 'd', help: 'only submit; print the run id' } },
  details: `
Starts a new run with every task of RUN that failed, timed out, was lost or was cancelled; a task that is named is run again
whatever became of it. TASK alone is that of the newest run that has such a task. The tasks keep their settings and their place
in the history; the new run has the tag retry_of. Files and programs are read as they are now.

  bw retry last
  bw retry last decode`,
  async run(context, { detach }, [text = 'last', task]) {
    return await withStack(context, async (client) => {
      const of = await findRunOrTask(client, text, task);
      const again = await requestAgain(client, of, await tasksToRetry(client, of));
      const submitted = await client.submitWritten(again.request);
      if (detach) return sayDetached(context, submitted);
      const expansion = expand(requestSchema.parse(again.request));
      const started = { client, submitted, tasks: expansion.ok ? expansion.tasks : [], name: again.name };
      return await followSubmitted(context, started, { 'fail-on': [], format: undefined });
    });
  },
});

/** @throws NotFoundError where there is nothing to run again, or not yet */
async function tasksToRetry(client: Client, { run_id, task_id }: RunOrTask): Promise<TaskRow[]> {
  const short = shortRunId(run_id);
  const rows: TaskRow[] = [];
  let unfinished = 0;
  for await (const row of client.rows('tasks', { run_id, task_id })) {
    if (row.state === 'waiting' || row.state === 'running') unfinished++;
    else if (task_id !== undefined || UNSUCCESSFUL.has(row.state)) rows.push(row);
  }
  if (task_id !== undefined && unfinished > 0)
    throw new NotFoundError(`task ${task_id} of run ${short} has not ended yet: \`bw watch ${short}\` follows it.`);
  if (rows.length > 0) return rows;
  throw new NotFoundError(
    unfinished > 0
      ? `no task of run ${short} has failed so far: \`bw watch ${short}\` follows it.`
      : `every task of run ${short} has completed: \`bw retry ${short} TASK\` runs one of them again.`,
  );
}

/** @throws NotFoundError where the run's request was not kept */
async function requestAgain(
  client: Client,
  { run_id }: RunOrTask,
  rows: readonly TaskRow[],
): Promise<{ request: Record<string, unknown>; name: string | undefined }> {
  const found = await requestOfRun(client.nats, run_id);
  if (!found.ok) throw new NotFoundError(found.reason);
  const parsed = requestSchema.safeParse(found.request);
  const expansion = parsed.success ? expand(parsed.data) : undefined;
  if (!parsed.success || expansion?.ok !== true)
    throw new NotFoundError(`the request of run ${shortRunId(run_id)} is of another version and can't be read.`);
  const tasks = new Map(expansion.tasks.map((task) => [task.task_id, task]));
  const again = againTogether(tasks, rows);
  if (again.tasks.length === 0)
    throw new NotFoundError(
      `the request of run ${shortRunId(run_id)} does not have the task ${again.unknown[0] ?? ''}.`,
    );
  const { matrix: _, matrix_exclude: __, files: ___, tags, ...request } = found.request;
  const { name } = parsed.data;
  return { request: { ...request, ...filesOf(again), tags: { ...tags, retry_of: run_id }, tasks: again.tasks }, name };
}

function filesOf({ files }: Again): { files?: Again['files'] } {
  return files === undefined ? {} : { files };
}
