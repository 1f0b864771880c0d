import type { Client } from '@benchwire/shared/client/client.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import { noSuchTask } from '../connection/find-task.ts';
import { EXIT } from '../errors.ts';

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'cancel a run, or one task of it',
  positionals: ['RUN', '[TASK]'],
  options: { reason: { kind: 'text', value: 'TEXT', help: 'the reason, recorded in the outcomes' } },
  async run(context, { reason = 'cancelled with bw cancel' }, [text = '', task_id]) {
    const run_id = await withStack(context, async (client) => {
      const id = await findRun(client, text);
      if (task_id !== undefined) await checkTask(client, id, task_id);
      await client.cancel(id, reason.slice(0, 1024), task_id);
      return id;
    });
    const what = task_id === undefined ? `run ${run_id}` : `task ${task_id} of run ${run_id}`;
    const of_task = task_id === undefined ? {} : { task_id };
    if (context.json) context.out.line(JSON.stringify({ run_id, ...of_task, cancelling: true }));
    else
      context.out.line(
        `${what} is being cancelled: \`bw show ${shortRunId(run_id)}\` shows what happened to its tasks.`,
      );
    return EXIT.ok;
  },
});

/** Ingest stores a cancellation without knowing the tasks, so one of an unknown task would have no answer. */
async function checkTask(client: Client, run_id: string, task_id: string): Promise<void> {
  const { rows } = await client.query('tasks', { run_id, task_id, limit: 1 });
  if (rows.length === 0) throw noSuchTask(run_id, task_id);
}
