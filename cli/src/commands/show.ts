import type { OutcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import type { FedInputsRow, RunRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';
import { runStatus, runStatusWords } from '@benchwire/shared/contracts/run-status.ts';
import { fedInputLines } from '@benchwire/shared/format/fed-inputs.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { findRun } from '../connection/find-run.ts';
import { partialResults } from '../connection/partial-results.ts';
import { pageFor, take } from '../connection/take.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError } from '../errors.ts';
import { paintState } from '../progress/task-words.ts';
import { failureLines } from '../results/failures.ts';
import { noteLines } from '../results/notes.ts';
import { testLines } from '../results/test-lines.ts';
import { count, formatDuration, formatNumber } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { oneLine, wrap } from '../terminal/text-width.ts';
import { runBar, took } from './runs.ts';

/** Of all tasks of the run. */
const MAX_TEST_CASES = 50_000;
/** Inputs at batch sizes that are looked at; of tasks that are not shown, too. */
const MAX_FED_ROWS = 5000;

const TASK_STATES = ['waiting', 'running', 'completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const;

export const show = defineCommand({
  name: 'show',
  summary: 'one run and its tasks',
  positionals: ['RUN'],
  options: {
    state: { kind: 'choice', choices: TASK_STATES, help: 'only tasks in this state' },
    search: { kind: 'text', value: 'TEXT', help: 'only tasks with this in their id, model, worker or pool' },
    limit: { kind: 'count', value: 'N', help: 'how many tasks (50)' },
  },
  async run(context, { state, search = '', limit = 50 }, [text = 'last']) {
    const { run, tasks, partial, fed, tests, test_counts } = await withStack(context, async (client) => {
      const run_id = await findRun(client, text);
      const [found] = (await client.query('run', { run_id })).rows;
      if (found === undefined)
        throw new NotFoundError(`there is no run ${run_id} (or it was submitted this moment and isn't stored yet).`);
      const wanted = {
        ...{ run_id, limit: pageFor(limit), search },
        ...(state === undefined ? {} : { state }),
      };
      const { rows } = await take(client.rows('tasks', wanted), limit);
      const open = rows.filter((row) => row.state === 'running' || (row.state === 'waiting' && row.attempt > 0));
      const ids = open.map((row) => row.task_id);
      const shown = new Set(rows.map(({ task_id }) => task_id));
      const { rows: fed } = await take(client.rows('fed_inputs', { run_id }), MAX_FED_ROWS);
      const { rows: tests } = await take(client.rows('run_tests', { run_id, limit: 10_000 }), MAX_TEST_CASES);
      const { rows: counts } = await take(client.rows('test_counts', { run_id }), MAX_FED_ROWS);
      return {
        ...{ run: found, tasks: rows, partial: await partialResults(client.nats, run_id, ids) },
        fed: fed.filter(({ task_id }) => shown.has(task_id)),
        tests: tests.filter(({ task_id }) => shown.has(task_id)),
        test_counts: counts.filter(({ task_id }) => shown.has(task_id)),
      };
    });
    if (context.json)
      context.out.line(
        JSON.stringify({
          ...{
            run: { ...run, status: runStatus(run) },
            tasks,
            partial: Object.fromEntries(partial),
            fed_inputs: fed,
            test_counts,
            test_cases: tests,
          },
        }),
      );
    else {
      const noted = tasks.map((task) => ({ ...task, note: task.note || partialWords(partial.get(task.task_id)) }));
      const ended = testLines(tests, test_counts, context.style, context.out.columns);
      const shownTests = ended.length === 0 ? [] : ['', ...ended];
      context.out.lines([
        ...header(context, run),
        '',
        ...taskLines(context, run, noted, { state, search }),
        ...shownTests,
        ...fedLines(context, fed),
      ]);
    }
    return EXIT.ok;
  },
});

function header({ style, now }: CliContext, run: RunRow): string[] {
  const status = runStatus(run);
  const lines = [
    `${style.bold(oneLine(run.name) || 'run')}  ${paintState(runStatusWords(status), status, style)}  ${runBar(run, 20, style)}  ${countsOf(run)}`,
    `  run       ${run.run_id}`,
    `  accepted  ${run.accepted_at.slice(0, 19).replace('T', ' ')} UTC, ${run.finished_at === null ? 'goes on since' : 'took'} ${took(run, now())}`,
  ];
  const source = sourceWords(run.source);
  if (source !== '') lines.push(`  source    ${source}`);
  const tags = Object.entries(run.tags).map(([key, value]) => `${oneLine(key)}=${oneLine(value)}`);
  if (tags.length > 0) lines.push(`  tags      ${tags.join('  ')}`);
  return lines;
}

function countsOf(run: RunRow): string {
  const parts = TASK_STATES.map((state) => [run[state], state.replace('_', ' ')] as const).filter(([n]) => n > 0);
  return `${count(run.total, 'task')}: ${parts.map(([n, word]) => `${formatNumber(n)} ${word}`).join(', ') || 'none known yet'}`;
}

function sourceWords(source: RunRow['source']): string {
  return Object.entries(source ?? {})
    .map(([key, value]) => `${key} ${oneLine(String(value))}`)
    .join(', ');
}

const COLUMNS: ReadonlyArray<Column<TaskRow>> = [
  { title: 'task', cell: (row) => row.task_id, shrink_to: 20 },
  {
    title: 'state',
    stays: true,
    cell: (row) => row.state.replace('_', ' '),
    paint: (text, row, s) => paintState(text, row.state, s),
  },
  { title: 'attempt', cell: (row) => (row.attempt > 1 ? String(row.attempt) : ''), align: 'right', expendable: 2 },
  { title: 'executor', cell: (row) => row.executor, expendable: 4 },
  { title: 'model', cell: (row) => modelName(row.model), shrink_to: 12, expendable: 1 },
  { title: 'took', cell: (row) => formatDuration(row.execution_time_seconds), align: 'right' },
  { title: 'worker', cell: (row) => row.worker_id, shrink_to: 10, expendable: 3 },
  { title: 'pool', cell: (row) => row.pool, expendable: 5 },
  {
    title: 'error',
    cell: (row) => row.error_code || row.error_class,
    paint: (text, _, s) => s.red(text),
    shrink_to: 10,
  },
];

/** What a task that goes on has measured so far. */
function partialWords(results: OutcomeResults | undefined): string {
  const sizes = Object.entries(results?.batch_sizes ?? {});
  if (sizes.length === 0) return '';
  return `so far ${sizes.map(([size, { latency_ms }]) => `${formatNumber(latency_ms)} ms at batch ${size}`).join(', ')}`;
}

function taskLines(
  { style, out }: CliContext,
  run: RunRow,
  tasks: readonly TaskRow[],
  { state, search }: { state: string | undefined; search: string },
): string[] {
  if (tasks.length === 0 && search !== '') return [`no tasks match "${search}" (in id, model, worker or pool)`];
  if (tasks.length === 0) return [state === undefined ? 'no tasks yet' : `no tasks are ${state.replace('_', ' ')}`];
  const lines = renderTable(tasks, COLUMNS, { style, width: out.columns });
  const all = state === undefined && search === '' ? run.total : tasks.length;
  if (all > tasks.length)
    lines.push(style.dim(`and ${count(all - tasks.length, 'more task')}: --limit ${all} shows them`));
  const failed = tasks
    .filter((task) => task.error_message !== '' && task.state !== 'running')
    .map((task) => ({ ...task, status: task.state }));
  for (const told of [noteLines(tasks, style, out.columns), failureLines(failed, style, out.columns)])
    if (told.length > 0) lines.push('', ...told);
  return lines;
}

const MAX_FED_LINES = 24;

/** Shapes and value rules of what the models were fed with. */
function fedLines({ style, out }: CliContext, rows: readonly FedInputsRow[]): string[] {
  const all = fedInputLines(rows);
  if (all.length === 0) return [];
  const width = Math.max(40, (out.columns ?? 120) - 4);
  const by_tasks = Map.groupBy(all.slice(0, MAX_FED_LINES), ({ tasks: [first = '', ...others], batches }) => {
    const more = others.length > 0 ? ` and ${count(others.length, 'more task')}` : '';
    return `  ${first}${more}, ${batches.length === 1 ? 'batch size' : 'batch sizes'} ${batches.join(', ')}`;
  });
  const lines = [...by_tasks].flatMap(([head, inputs]) => [
    head,
    ...inputs.flatMap(({ input, type, shape, values, guessed }) =>
      wrap(oneLine(`${input}  ${type}${shape}  ${values}${guessed ? ' (guessed)' : ''}`), width).map(
        (line) => `    ${line}`,
      ),
    ),
  ]);
  const left = all.length - MAX_FED_LINES;
  if (left > 0) lines.push(style.dim(`  and ${count(left, 'more input')}: --json has them all`));
  return ['', style.bold('fed inputs'), ...lines];
}
