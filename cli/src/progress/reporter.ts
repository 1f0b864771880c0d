import { type BenchEvent, eventData, eventName } from '@benchwire/shared/contracts/event.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { CONNECTED_AGAIN, CONNECTION_LOST } from '../connection/words.ts';
import type { CliContext } from '../context.ts';
import { formatNumber } from '../terminal/numbers.ts';
import { LiveLines } from '../terminal/screen.ts';
import type { Style } from '../terminal/style.ts';
import type { Follower } from './follow-run.ts';
import { liveView } from './live-view.ts';
import { endedOf, type KeptOutcome, totalOf } from './run-progress.ts';
import { progressWords, stateMark } from './task-words.ts';

/** Shows how a run goes on. */
export interface Reporter {
  onFinal(outcome: KeptOutcome): void;
  onEvent(event: BenchEvent): void;
  onConnection(connected: boolean): void;
  /** Takes the live lines away, for a question; the next tick brings them back. */
  pause(): void;
  resume(): void;
  /** @param finished - whether the run is over, or is only no longer followed */
  stop(finished: boolean): void;
}

export interface ReporterOptions {
  context: CliContext;
  follower: () => Follower;
  expected: ReadonlyMap<string, Task>;
  started_ms: number;
}

/** Bars that are drawn again several times a second, in a terminal. */
export function liveReporter({ context, follower, expected, started_ms }: ReporterOptions): Reporter {
  const screen = new LiveLines(context.err);
  let notice: string | undefined;
  let paused = false;
  const draw = (isFinal = false): void => {
    if (paused) return;
    const { progress, measuring } = follower();
    const { columns = 80, rows } = context.err;
    const width = columns - 1;
    screen.draw(
      liveView({
        progress,
        expected,
        measuring,
        started_ms,
        now_ms: context.now(),
        notice,
        is_final: isFinal,
        width,
        rows,
        style: context.errStyle,
      }),
    );
  };
  const timer = setInterval(() => draw(), 120);
  return {
    onFinal: () => {},
    onEvent: () => {},
    onConnection: (connected) => {
      notice = connected ? undefined : CONNECTION_LOST;
    },
    pause: () => {
      paused = true;
      screen.clear();
    },
    resume: () => {
      paused = false;
    },
    stop: (finished) => {
      clearInterval(timer);
      if (!finished) return screen.clear();
      // The last picture stays: it says which task took how long.
      draw(true);
      screen.finish();
    },
  };
}

/** Tasks up to which each has a line of its own in a log. */
const EACH = 60;
const FAILURES_SHOWN = 20;
const SUMMARY_MS = 5000;

/** One line per finished task, or for many tasks a summary every few seconds: for logs and pipes. */
export function plainReporter({ context, follower, started_ms }: ReporterOptions): Reporter {
  const { err, errStyle: style } = context;
  let failures = 0;
  let said = 0;
  const summary = (): void => {
    const { progress } = follower();
    const ended = endedOf(progress);
    const total = totalOf(progress);
    if (total <= EACH || ended === said) return;
    said = ended;
    const { running, failed, timed_out, lost, cancelled } = progress.counts;
    const bad = failed + timed_out + lost;
    const seconds = (context.now() - started_ms) / 1000;
    const parts = [
      `${formatNumber(ended)}/${formatNumber(total)} tasks done`,
      running > 0 ? `${formatNumber(running)} running` : '',
      bad > 0 ? `${formatNumber(bad)} failed` : '',
      cancelled > 0 ? `${formatNumber(cancelled)} cancelled` : '',
      seconds > 0 ? `${formatNumber(Math.round(ended / seconds))} tasks/s` : '',
    ];
    err.line(parts.filter((part) => part !== '').join(', '));
  };
  const timer = setInterval(summary, SUMMARY_MS);
  return {
    onFinal: (outcome) => {
      const { progress } = follower();
      const total = totalOf(progress);
      const bad = outcome.status !== 'completed';
      if (bad) failures++;
      if (total > EACH && !(bad && failures <= FAILURES_SHOWN)) return;
      const done = String(endedOf(progress)).padStart(String(total).length);
      err.line(`[${done}/${total}] ${stateMark(outcome.status, style)} ${outcome.task_id}  ${progressWords(outcome)}`);
      if (failures === FAILURES_SHOWN && total > EACH) err.line('further failures are only counted');
    },
    onEvent: (event) => {
      const line = plainEventLine(event, totalOf(follower().progress), style);
      if (line !== undefined) err.line(line);
    },
    onConnection: (connected) => err.line(connected ? CONNECTED_AGAIN : CONNECTION_LOST),
    pause: () => {},
    resume: () => {},
    stop: () => {
      clearInterval(timer);
      summary();
    },
  };
}

/** What an event says that an outcome does not: why a task waits, and that a task has become several. */
function plainEventLine(event: BenchEvent, total: number, style: Style): string | undefined {
  switch (eventName(event)) {
    case 'task.waiting_for_pool': {
      const waiting = eventData('task.waiting_for_pool', event);
      const tasks = waiting.ok ? waiting.value.tasks : 1;
      const more = tasks > 1 ? ` and ${formatNumber(tasks - 1)} more` : '';
      return `${style.yellow('…')} ${event.task_id}${more}  waiting: ${event.message}`;
    }
    case 'run.bound': {
      const bound = eventData('run.bound', event);
      if (!bound.ok || bound.value.pools.length < 2) return undefined;
      return `${bound.value.task_id} runs on ${bound.value.pools.length} pools: ${formatNumber(total)} tasks in total`;
    }
    default:
      return undefined;
  }
}
