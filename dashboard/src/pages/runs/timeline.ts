import type { AttemptRow, TaskRow } from '@benchwire/shared/contracts/rows.ts';

/** One stretch of a task's life. `retry` is the wait before an attempt after the first. */
export interface Stretch {
  kind: 'waiting' | 'retry' | TaskRow['state'];
  from_ms: number;
  to_ms: number;
  /** Null while it waits. */
  attempt: number | null;
}

/** What a stretch of this kind is called. */
export const nameOfKind = (kind: Stretch['kind']): string =>
  kind === 'retry' ? 'waiting for retry' : kind.replace('_', ' ');

export interface TimeSpan {
  from_ms: number;
  to_ms: number;
}

/** A task and all of its stretches so far. */
export interface Life {
  task_id: string;
  stretches: readonly Stretch[];
}

type TaskTimes = Pick<TaskRow, 'state' | 'attempt' | 'started_at' | 'finished_at'>;
type AttemptTimes = Pick<AttemptRow, 'attempt' | 'status' | 'started_at' | 'finished_at'>;

/**
 * A task's life from when its run was accepted: waits and attempts after each other, without gaps.
 * @param attempts the attempts that are over, as far as they are known; without them the task's last one stands alone
 */
export function timelineOf(
  accepted_at: string,
  task: TaskTimes,
  attempts: readonly AttemptTimes[],
  now_ms: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let end_ms = Date.parse(accepted_at);
  const waitUntil = (at_ms: number): void => {
    if (at_ms <= end_ms) return;
    stretches.push({
      kind: stretches.length === 0 ? 'waiting' : 'retry',
      from_ms: end_ms,
      to_ms: at_ms,
      attempt: null,
    });
    end_ms = at_ms;
  };
  const attempted = (kind: TaskRow['state'], attempt: number, from: string | null, to_ms: number): void => {
    const from_ms = from === null ? to_ms : Date.parse(from);
    waitUntil(from_ms);
    if (from !== null) stretches.push({ kind, from_ms, to_ms: Math.max(from_ms, to_ms), attempt });
    end_ms = Math.max(end_ms, to_ms);
  };

  for (const { attempt, status, started_at, finished_at } of attempts.toSorted((a, b) => a.attempt - b.attempt)) {
    attempted(status as TaskRow['state'], attempt, started_at, Date.parse(finished_at));
  }
  if (task.state === 'waiting') waitUntil(now_ms);
  else if (task.state === 'running') attempted('running', task.attempt, task.started_at, now_ms);
  else if (attempts.length === 0 && task.finished_at !== null) {
    attempted(task.state, task.attempt, task.started_at, Date.parse(task.finished_at));
  }
  return stretches;
}
