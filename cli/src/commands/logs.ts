import type { Client } from '@benchwire/shared/client/client.ts';
import { liveLog } from '@benchwire/shared/client/logs.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { shortRunId } from '../connection/find-run.ts';
import { findRunOrTask, type RunOrTask } from '../connection/find-task.ts';
import { EXIT } from '../errors.ts';
import { followLogs } from '../logs/follow-logs.ts';
import { LogPrinter } from '../logs/log-printer.ts';

/** Outcomes are read so many at a time: each may hold 64 KiB of log. */
const PAGE = 100;

export const logs = defineCommand({
  name: 'logs',
  summary: 'what the tasks of a run printed',
  positionals: ['RUN|TASK', '[TASK]'],
  options: {
    follow: { kind: 'flag', short: 'f', help: 'print new lines as they come, until the run or the task has ended' },
  },
  details: `
Prints stdout and stderr of every task of a run, or of one task. TASK alone is that of the newest run that has such a task.
A worker keeps the last 64 KiB of each attempt. Without --follow the newest attempt of each task is printed, with --follow every
attempt. With --json one object a line: {"run_id", "task_id", "attempt", "line"}.

  bw logs last
  bw logs last decode --follow`,
  async run(context, { follow }, [text = 'last', task]) {
    return await withStack(context, async (client) => {
      const of = await findRunOrTask(client, text, task);
      const printer = new LogPrinter(context, of.task_id === undefined);
      const interrupted = new AbortController();
      const release = context.onInterrupt(() => interrupted.abort());
      try {
        if (follow) await followLogs(client, of, printer, interrupted.signal);
        else await printLogs(client, of, printer);
      } finally {
        release();
      }
      const what = of.task_id === undefined ? `run ${shortRunId(of.run_id)}` : `task ${of.task_id}`;
      if (printer.printed === 0 && !context.json) context.err.line(`${what} has printed nothing.`);
      return interrupted.signal.aborted ? EXIT.interrupted : EXIT.ok;
    });
  },
});

/** The log of each task's newest attempt, as it is now. */
async function printLogs(client: Client, of: RunOrTask, printer: LogPrinter): Promise<void> {
  const running = new Map<string, { attempt: number; worker_id: string }>();
  for await (const { task_id, state, attempt, worker_id } of client.rows('tasks', of))
    if (state === 'running') running.set(task_id, { attempt, worker_id });
  for await (const { run_id, task_id, attempt, logs } of client.rows('outcomes', { ...of, limit: PAGE }))
    if (logs !== null && !running.has(task_id))
      printer.print({ run_id, task_id, attempt }, Buffer.from(logs, 'base64'));
  for (const [task_id, { attempt, worker_id }] of running) {
    const key = { run_id: of.run_id, task_id, attempt };
    const piece = await liveLog(client.nats, worker_id, key, 0);
    if (piece !== undefined && piece.bytes.length > 0) printer.print(key, piece.bytes);
  }
}
