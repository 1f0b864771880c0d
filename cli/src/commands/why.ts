import { ask } from '@benchwire/shared/client/ask.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import { taskId } from '@benchwire/shared/contracts/ids.ts';
import type { TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { type TaskExplanation, WHY_SUBJECT, type WhyPool, whyReply } from '@benchwire/shared/contracts/scheduler.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun, shortRunId } from '../connection/find-run.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { count, formatDuration, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export const why = defineCommand({
  name: 'why',
  summary: 'why a task waits: what it waits for, which pools match, and when it may start',
  positionals: ['TASK'],
  options: { run: { kind: 'text', value: 'RUN', help: 'of this run (the last one)' } },
  details: 'TASK is a task id, or the id written in the request, which means its first copy that has not finished.',
  async run(context, { run = 'last' }, [task_id = '']) {
    if (!taskId.safeParse(task_id).success)
      throw new UsageError(`"${task_id}" is not a task id (letters, digits, _ and - only): \`bw show\` lists them.`);
    const { run_id, reply, row } = await withStack(context, async (client) => {
      const id = await findRun(client, run);
      const question = { run_id: id, task_id };
      const answer = await ask(client.nats, WHY_SUBJECT, question, whyReply, {
        service: 'scheduler',
        reads_only: true,
      });
      if (answer.ok) return { run_id: id, reply: answer, row: undefined };
      // It is over: what became of it is in the tables.
      const { rows } = await client.query('tasks', { run_id: id, limit: 100_000 });
      const over = rows.find((each) => each.task_id === task_id || each.task_id.startsWith(`${task_id}-`));
      return { run_id: id, reply: answer, row: over };
    });
    const { out, json } = context;
    if (reply.ok) {
      if (json) out.line(JSON.stringify(reply.task));
      else out.lines(explanation(reply.task, context));
    } else if (row === undefined)
      throw new ClientError('REFUSED', `unknown task "${task_id}"`, { issues: reply.issues });
    else if (json) out.line(JSON.stringify(row));
    else out.lines(past(row, run_id));
    return EXIT.ok;
  },
});

function explanation(task: TaskExplanation, { style, out, now }: CliContext): string[] {
  const lines = [`${style.bold(task.task_id)}  ${task.phase}`, `  ${task.explanation}`];
  const facts = [`priority ${task.priority}`];
  if (task.tenant !== '') facts.push(`tenant ${task.tenant}`);
  if (task.attempt > 1) facts.push(`attempt ${task.attempt}`);
  if (task.deadline !== null) facts.push(`due ${task.deadline}`);
  lines.push(`  ${facts.join(', ')}`);
  if (task.waits_for.length > 0) {
    const more = task.waits_for_count > task.waits_for.length ? ', …' : '';
    lines.push(`  waits for ${task.waits_for.join(', ')}${more}`);
  }
  if (task.phase === 'ready') lines.push(`  expected start: ${startWords(task, now())}`);
  if (task.pools.length === 0) return lines;
  return [...lines, '', ...renderTable(task.pools, COLUMNS, { style, width: out.columns })];
}

function startWords({ expected_start, expected_start_basis }: TaskExplanation, now_ms: number): string {
  if (expected_start === null) return 'unknown';
  const seconds = Math.max(0, (Date.parse(expected_start) - now_ms) / 1000);
  return `in ${formatDuration(seconds)}, by run times learned ${BASIS[expected_start_basis]}`;
}

const BASIS: Readonly<Record<WhyPool['basis'], string>> = {
  pool: 'in these pools',
  class: 'on this class of hardware',
  any_class: 'on other hardware',
  timeout: 'from timeouts',
  prior: '',
  unknown: '',
};

const COLUMNS: ReadonlyArray<Column<WhyPool>> = [
  { title: 'pool', cell: (pool) => pool.pool },
  {
    title: 'fits',
    cell: (pool) => (pool.reason === null ? 'yes' : 'no'),
    paint: (text, pool, s) => (pool.reason === null ? s.green(text) : s.yellow(text)),
  },
  { title: 'slots', cell: (pool) => formatNumber(pool.slots), align: 'right' },
  { title: 'busy with', cell: (pool) => (pool.emitted === 0 ? '' : count(pool.emitted, 'task')), align: 'right' },
  { title: 'free in', cell: (pool) => formatDuration(pool.wait_seconds), align: 'right' },
  { title: 'runs for', cell: runWords, align: 'right' },
  { title: 'why not', cell: (pool) => pool.reason ?? '', shrink_to: 30 },
];

function runWords(pool: WhyPool): string {
  if (pool.reason !== null) return '';
  return pool.run_seconds === null ? 'unknown' : formatDuration(pool.run_seconds);
}

function past(row: TaskRow, run_id: string): string[] {
  const lines = [`${row.task_id}  ${row.state.replace('_', ' ')}, attempt ${row.attempt}`];
  if (row.worker_id !== '') lines.push(`  it ran on ${row.worker_id}, pool ${row.pool}`);
  if (row.error_message !== '') lines.push(`  ${row.error_code}: ${row.error_message}`);
  return [...lines, `  \`bw show ${shortRunId(run_id)}\` shows the run`];
}
