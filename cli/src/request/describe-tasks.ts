import { entryOf } from '@benchwire/shared/contracts/executors.ts';
import { executorNameOf, type Task } from '@benchwire/shared/contracts/task.ts';
import { count, formatDuration } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';

const SHOWN = 20;

const COLUMNS: ReadonlyArray<Column<Task>> = [
  { title: 'task', cell: (task) => task.task_id, shrink_to: 20 },
  { title: 'executor', cell: (task) => executorNameOf(task), expendable: 2 },
  { title: 'what', cell: (task) => entryOf(task).describe(task.config), shrink_to: 16, at_most: 80 },
  { title: 'hardware', cell: (task) => task.requirements.hardware.join(' or ') || 'any' },
  { title: 'placement', cell: (task) => (task.placement === 'each' ? 'on each pool' : ''), expendable: 3 },
  { title: 'after', cell: (task) => afterWords(task), expendable: 4, shrink_to: 12 },
  {
    title: 'priority',
    cell: (task) => (task.priority === 0 ? '' : String(task.priority)),
    align: 'right',
    expendable: 5,
  },
  { title: 'timeout', cell: (task) => formatDuration(task.timeout_seconds), align: 'right', expendable: 6 },
  { title: 'retries', cell: (task) => String(task.retry_policy.max_retries), align: 'right', expendable: 7 },
];

/** What a request expands to: a count, and its first tasks. */
export function describeTasks(tasks: readonly Task[], style: Style, width: number | undefined): string[] {
  const measurements = tasks.reduce((sum, task) => sum + entryOf(task).measurements(task.config), 0);
  const lines = [
    measurements === tasks.length
      ? count(tasks.length, 'task')
      : `${count(tasks.length, 'task')} with ${count(measurements, 'measurement')} (one for each batch size)`,
    ...renderTable(tasks.slice(0, SHOWN), COLUMNS, { style, width }),
  ];
  if (tasks.length > SHOWN) lines.push(style.dim(`and ${count(tasks.length - SHOWN, 'more task')}`));
  return lines;
}

function afterWords(task: Task): string {
  const [first, ...more] = task.depends_on;
  if (first === undefined) return '';
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
