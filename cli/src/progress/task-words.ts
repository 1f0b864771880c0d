import { formatDuration, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine } from '../terminal/text-width.ts';
import type { KeptOutcome, TaskProgressState } from './run-progress.ts';

/** A mark and a colour for each state; the mark says it too where there are no colours. */
export function stateMark(state: TaskProgressState, style: Style): string {
  switch (state) {
    case 'completed':
      return style.green('✓');
    case 'running':
      return style.cyan('▶');
    case 'waiting':
      return style.dim('·');
    case 'retrying':
      return style.yellow('↻');
    case 'cancelled':
      return style.yellow('∅');
    case 'failed':
    case 'timed_out':
    case 'lost':
      return style.red('✗');
    default:
      return state satisfies never;
  }
}

function stateWord(state: TaskProgressState): string {
  return state.replace('_', ' ');
}

export function paintState(text: string, state: string, style: Style): string {
  if (state === 'completed' || state === 'finished' || state === 'ready') return style.green(text);
  if (state === 'running' || state === 'accepted') return style.cyan(text);
  if (state === 'failed' || state === 'timed_out' || state === 'lost') return style.red(text);
  if (state === 'waiting' || state === 'left') return style.dim(text);
  return style.yellow(text);
}

/** How a task ended, in one line: what was measured, or what went wrong. */
export function outcomeWords(outcome: KeptOutcome): string {
  const took = outcome.execution_time_seconds === null ? '' : ` in ${formatDuration(outcome.execution_time_seconds)}`;
  if (outcome.status === 'completed') {
    const measured = measuredWords(outcome);
    const dropped = Object.keys(outcome.results.dropped_batch_sizes ?? {});
    const without = dropped.length === 0 ? '' : `; without batch ${dropped.join(', ')}, which did not fit in memory`;
    return `completed${took}${measured === '' ? '' : `: ${measured}`}${without}`;
  }
  const attempts = outcome.attempt > 1 ? ` after ${outcome.attempt} attempts` : took;
  const why = outcome.error === null ? '' : `: ${oneLine(outcome.error.message)}`;
  return `${stateWord(outcome.status)}${attempts}${why}`;
}

function measuredWords(outcome: KeptOutcome): string {
  const sizes = Object.entries(outcome.results.batch_sizes ?? {});
  if (sizes.length > 0) {
    const shown = sizes.map(([size, { latency_ms }]) =>
      sizes.length === 1 && size === '1'
        ? `${formatNumber(latency_ms)} ms`
        : `${formatNumber(latency_ms)} ms at batch ${size}`,
    );
    return shown.join(', ');
  }
  const metrics = Object.entries(outcome.results.metrics ?? {}).slice(0, 3);
  return metrics
    .map(
      ([name, { value, unit }]) => `${oneLine(name)} ${formatNumber(value)}${unit === null ? '' : ` ${oneLine(unit)}`}`,
    )
    .join(', ');
}
