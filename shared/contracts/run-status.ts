import type { RunRow } from './rows.ts';

/** What a person wants to know of a run: whether it goes on, or how it ended. Derived from its counts. Since 0.4. */
export const RUN_STATUSES = ['running', 'cancelling', 'completed', 'partly_failed', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/**
 * `completed`: every task has. `partly_failed` and `failed`: some, or none, of a run with failed tasks completed.
 * `cancelled`: no task failed, and some were cancelled. The aggregator's filter says the same in SQL.
 */
export function runStatus(
  run: Pick<RunRow, 'state' | 'total' | 'completed' | 'failed' | 'timed_out' | 'lost'>,
): RunStatus {
  if (run.state === 'cancelling') return 'cancelling';
  if (run.state !== 'finished') return 'running';
  if (run.failed + run.timed_out + run.lost > 0) return run.completed > 0 ? 'partly_failed' : 'failed';
  return run.completed >= run.total ? 'completed' : 'cancelled';
}

/**
 * The statuses that a filter for one finds: `failed` finds every run in which a task failed, `running` also those that are being
 * cancelled; each of the others finds itself.
 */
export function statusesFoundBy(status: RunStatus): RunStatus[] {
  if (status === 'failed') return ['failed', 'partly_failed'];
  if (status === 'running') return ['running', 'cancelling'];
  return [status];
}

/** As a person reads it: `partly failed`. */
export function runStatusWords(status: RunStatus): string {
  return status.replace('_', ' ');
}
