import type { MeasuredBefore } from '@benchwire/shared/contracts/outcome.ts';
import { valueNotesOf } from '@benchwire/shared/contracts/value-note.ts';
import { titleOfNote } from '@benchwire/shared/format/note-titles.ts';
import { shortRunId } from '../connection/find-run.ts';
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
  if (state === 'failed' || state === 'partly_failed' || state === 'timed_out' || state === 'lost')
    return style.red(text);
  if (state === 'waiting' || state === 'left') return style.dim(text);
  return style.yellow(text);
}

/**
 * How a task ended, where a report follows that says the rest: what was measured, or the code of what went wrong. Messages and
 * notes are the report's, so that each is printed once.
 */
export function progressWords(outcome: KeptOutcome): string {
  if (outcome.results.skipped !== undefined) return skippedWords(outcome.results.skipped);
  if (outcome.status === 'completed') return completedWords(outcome);
  return `${endedWords(outcome)}${outcome.error === null ? '' : `: ${oneLine(outcome.error.code)}`}`;
}

/** How a task ended, in one line: what was measured with its notes, or what went wrong. */
export function outcomeWords(outcome: KeptOutcome): string {
  if (outcome.results.skipped !== undefined) return skippedWords(outcome.results.skipped);
  if (outcome.status === 'completed') {
    const limits = valueNotesOf(outcome.results).filter(({ code }) => code !== 'not_steady');
    const titles = [...new Set(limits.map(({ code }) => titleOfNote(code)))];
    const notes = [...titles, ...(outcome.results.notes ?? [])];
    const noted = notes.length === 0 ? '' : `; note: ${oneLine(notes.join('; '))}`;
    return `${completedWords(outcome)}${noted}`;
  }
  return `${endedWords(outcome)}${outcome.error === null ? '' : `: ${oneLine(outcome.error.message)}`}`;
}

function completedWords(outcome: KeptOutcome): string {
  const measured = measuredWords(outcome);
  const dropped = Object.keys(outcome.results.dropped_batch_sizes ?? {});
  const without = dropped.length === 0 ? '' : `; without batch ${dropped.join(', ')}, which did not fit in memory`;
  return `completed${tookWords(outcome)}${measured === '' ? '' : `: ${measured}`}${without}`;
}

function endedWords(outcome: KeptOutcome): string {
  const attempts = outcome.attempt > 1 ? ` after ${outcome.attempt} attempts` : tookWords(outcome);
  return `${stateWord(outcome.status)}${attempts}`;
}

function tookWords({ execution_time_seconds }: KeptOutcome): string {
  return execution_time_seconds === null ? '' : ` in ${formatDuration(execution_time_seconds)}`;
}

/** Nothing was measured; what was, and when, and where to find it. */
function skippedWords(skipped: readonly MeasuredBefore[]): string {
  const newest = skipped.toSorted((a, b) => (a.measured_at < b.measured_at ? 1 : -1))[0];
  const values = skipped.map(({ batch_size, latency_ms }) => `${formatNumber(latency_ms)} ms at batch ${batch_size}`);
  const when = newest?.measured_at.slice(0, 16).replace('T', ' ') ?? '';
  return `skipped, measured before (${when} UTC, run ${shortRunId(newest?.run_id ?? '')}): ${values.join(', ')}`;
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
