import type { Task } from '@benchwire/shared/contracts/task.ts';
import { bar, stackedBar } from '../terminal/bar.ts';
import { formatClock, formatDuration, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { fit, oneLine, pad, textWidth } from '../terminal/text-width.ts';
import { type Measuring, measuredShare } from './measured-share.ts';
import {
  endedOf,
  finalOutcome,
  type RunProgress,
  runningAttempt,
  stateOf,
  type TaskProgress,
  totalOf,
} from './run-progress.ts';
import { outcomeWords, progressWords, stateMark } from './task-words.ts';

export interface LiveViewInput {
  progress: RunProgress;
  /** The run's tasks as the request expands to, in its order; empty when they aren't known here. */
  expected: ReadonlyMap<string, Task>;
  measuring: ReadonlyMap<string, Measuring>;
  started_ms: number;
  now_ms: number;
  /** What else there is to say below the bar, such as a lost connection. */
  notice: string | undefined;
  /** Whether it is the last picture, which a report follows. */
  is_final: boolean;
  width: number;
  rows: number;
  style: Style;
}

const BAR = 16;

/** What `bw run` shows in a terminal: a line per task while they fit, else those that run and those that failed. */
export function liveView(input: LiveViewInput): string[] {
  const { progress, expected, rows } = input;
  const room = Math.max(3, rows - 5);
  const ids = [...new Set([...expected.keys(), ...progress.tasks.keys()])].filter((id) => isShown(input, id));
  const shown = ids.length <= room ? ids : mostTelling(progress, ids, room - 1);
  const name_width = Math.min(44, Math.max(8, ...shown.map((id) => id.length)));
  const lines = shown.map((id) => taskLine(input, id, name_width));
  if (shown.length < ids.length)
    lines.push(input.style.dim(`  and ${formatNumber(ids.length - shown.length)} more tasks`));
  return [...lines, '', summaryLine(input), ...(input.notice === undefined ? [] : [input.style.yellow(input.notice)])];
}

/** An `each` task is in the request once and runs under other names; its own name is then not shown. */
function isShown({ progress, expected }: LiveViewInput, id: string): boolean {
  if (progress.bound.has(id)) return false;
  if (progress.tasks.has(id) || expected.get(id)?.placement !== 'each') return true;
  for (const other of progress.tasks.keys()) if (other.startsWith(`${id}--`)) return false;
  return true;
}

/** Those that run first, then trouble, then the last that ended: what a person wants to see of thousands. */
function mostTelling(progress: RunProgress, ids: readonly string[], room: number): string[] {
  const running: string[] = [];
  const trouble: string[] = [];
  const ended: string[] = [];
  for (const id of ids) {
    const task = progress.tasks.get(id);
    const state = task === undefined ? 'waiting' : stateOf(task);
    if (state === 'running') running.push(id);
    else if (state === 'completed') ended.push(id);
    else if (state !== 'waiting') trouble.push(id);
  }
  const first = running.slice(0, Math.max(room - Math.min(3, trouble.length), 1));
  const then = trouble.slice(-Math.max(0, room - first.length));
  const rest = room - first.length - then.length;
  return [...first, ...then, ...(rest > 0 ? ended.slice(-rest) : [])];
}

function taskLine(input: LiveViewInput, id: string, name_width: number): string {
  const { progress, style } = input;
  const task = progress.tasks.get(id);
  const state = task === undefined ? 'waiting' : stateOf(task);
  const head = `  ${stateMark(state, style)} ${pad(fit(id, name_width), name_width)}  `;
  const room = Math.max(20, input.width - name_width - 7);
  return head + (task === undefined ? style.dim('waiting') : taskDetails(input, task, room));
}

function taskDetails(input: LiveViewInput, task: TaskProgress, room: number): string {
  const { style, now_ms } = input;
  const running = runningAttempt(task);
  if (running !== undefined) {
    const measuring = input.measuring.get(task.task_id);
    const share = measuredShare(input.expected.get(task.task_id), measuring);
    const clock = formatClock((now_ms - Date.parse(running.at)) / 1000);
    const drawn = share === undefined ? style.dim('·'.repeat(BAR)) : bar(share, BAR, style, style.cyan);
    const percent = share === undefined ? '    ' : pad(`${Math.floor(share * 100)} %`, 5, 'right');
    const words = [
      clock,
      doneWords(task),
      lastWords(measuring),
      running.attempt > 1 ? `attempt ${running.attempt}` : '',
      running.pool ?? '',
    ];
    return `${drawn} ${percent}  ${fit(words.filter((word) => word !== '').join(' · '), room - BAR - 8)}`;
  }
  const final = finalOutcome(task);
  if (final !== undefined) {
    const text = fit(input.is_final ? progressWords(final) : outcomeWords(final), room);
    return final.status === 'completed' ? text : style.red(text);
  }
  const last = task.outcomes.get(Math.max(0, ...task.outcomes.keys()));
  if (last !== undefined) {
    const words = `attempt ${last.outcome.attempt} ${last.outcome.status.replace('_', ' ')}, trying again: ${oneLine(last.outcome.error?.message ?? '')}`;
    return style.yellow(fit(words, room));
  }
  return style.dim(fit(task.waiting === undefined ? 'waiting' : `waiting: ${oneLine(task.waiting.message)}`, room));
}

/** What is measured already, while the rest goes on. */
function doneWords(task: TaskProgress): string {
  const done = [...task.measured].sort(([a], [b]) => a - b);
  return done.map(([size, { latency_ms }]) => `${formatNumber(latency_ms)} ms at batch ${size}`).join(', ');
}

function lastWords(measuring: Measuring | undefined): string {
  if (measuring?.last === undefined) return '';
  const { metric, value, unit, batch_size } = measuring.last;
  const batch = batch_size === null ? '' : `batch ${batch_size}, `;
  const named = metric === 'latency_ms' ? '' : `${oneLine(metric)} `;
  return `${batch}${named}${formatNumber(value)}${unit === null ? '' : ` ${oneLine(unit)}`}`;
}

function summaryLine(input: LiveViewInput): string {
  const { progress, style } = input;
  const total = totalOf(progress);
  const ended = endedOf(progress);
  const { completed, failed, timed_out, lost, cancelled, running, retrying } = progress.counts;
  const bad = failed + timed_out + lost;
  const seconds = (input.now_ms - input.started_ms) / 1000;
  const words = [
    `${formatNumber(ended)}/${formatNumber(total)} done`,
    running > 0 ? style.cyan(`${formatNumber(running)} running`) : '',
    bad > 0 ? style.red(`${formatNumber(bad)} failed`) : '',
    retrying > 0 ? style.yellow(`${formatNumber(retrying)} waiting for a retry`) : '',
    cancelled > 0 ? style.yellow(`${formatNumber(cancelled)} cancelled`) : '',
    progress.cancelling !== undefined && progress.finished === undefined ? style.yellow('cancelling') : '',
    total >= 100 && ended > 0 && seconds > 1 ? `${formatNumber(Math.round(ended / seconds))} tasks/s` : '',
    seconds < 60 && ended === total ? formatDuration(seconds) : formatClock(seconds),
  ].filter((word) => word !== '');
  const text = words.join(' · ');
  const width = Math.max(10, Math.min(40, input.width - textWidth(text) - 5));
  const drawn = stackedBar(
    [
      { share: total === 0 ? 0 : completed / total, paint: style.green },
      { share: total === 0 ? 0 : bad / total, paint: style.red },
      { share: total === 0 ? 0 : cancelled / total, paint: style.yellow },
    ],
    width,
    style,
  );
  return `  ${drawn}  ${text}`;
}
