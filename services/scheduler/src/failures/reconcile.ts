import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Fleet, Pool } from '../fleet/fleet.ts';
import { mismatch } from '../placement/match.ts';
import type { Verdict } from '../state/attempt-end.ts';
import type { TaskState } from '../state/model.ts';

export interface QueueView {
  waiting: ReadonlySet<string>;
  active: ReadonlyMap<string, { worker_id: string | undefined; taken_at_ms: number | undefined }>;
}

/** What does not fit between the scheduler's picture of a pool and its queue. */
export interface Discrepancies {
  /** Attempts whose worker is gone, with how they end. */
  lost: Array<{ state: TaskState; verdict: Verdict }>;
  /** Attempts that the queue does not have: to be looked at one by one. */
  missing: TaskState[];
  /** Attempts that wait in a queue nobody serves. */
  stranded: TaskState[];
}

/** An emission and its arrival in the queue are not one moment. */
const SETTLE_MS = 2000;

/** Holds what was emitted to a pool against what its queue and its workers say. Pure. */
export function compare(
  pool: string,
  emitted: Iterable<TaskState>,
  view: QueueView,
  fleet: Fleet,
  now: number,
): Discrepancies {
  const served = fleet.pools().has(pool) || !fleet.silenceIsTelling(now);
  const result: Discrepancies = { lost: [], missing: [], stranded: [] };
  for (const state of emitted) {
    const id = idOf(state);
    const active = view.active.get(id);
    if (active !== undefined) {
      const reason = whyLost(fleet, active, served || fleet.runs(id), now);
      if (reason !== undefined) result.lost.push({ state, verdict: lostVerdict(pool, active.worker_id, reason) });
    } else if (view.waiting.has(id)) {
      if (!served || lacksFiles(state, fleet.pools().get(pool))) result.stranded.push(state);
    } else if (now - (state.emission?.at_ms ?? now) > SETTLE_MS) {
      result.missing.push(state);
    }
  }
  return result;
}

/** Whether the workers that could have the files of a task are gone from the pool. */
function lacksFiles({ lane }: TaskState, pool: Pool | undefined): boolean {
  return lane.spec.files !== undefined && pool !== undefined && mismatch(lane.spec, pool.offer) !== undefined;
}

function whyLost(
  fleet: Fleet,
  job: { worker_id: string | undefined; taken_at_ms: number | undefined },
  cared_for: boolean,
  now: number,
): string | undefined {
  // A worker died before it put its name to the job. Others of the pool find that by BullMQ's check for stalled jobs.
  if (job.worker_id === undefined)
    return cared_for ? undefined : 'a worker took this and is gone, like all of its pool';
  if (fleet.isLost(job.worker_id, now)) return `worker ${job.worker_id} stopped answering while it ran this`;
  const worker = fleet.worker(job.worker_id);
  if (worker === undefined) return undefined;
  // Both times are by the worker's own clock.
  if (job.taken_at_ms !== undefined && job.taken_at_ms < Date.parse(worker.capabilities.started_at)) {
    return `worker ${job.worker_id} was restarted while it ran this`;
  }
  return undefined;
}

export function lostVerdict(pool: string, worker_id: string | undefined, message: string): Verdict {
  return {
    status: 'lost',
    error: taskError('lost_worker', 'WORKER_LOST', message, true),
    pool,
    ...(worker_id === undefined ? {} : { worker_id }),
  };
}

export function idOf(state: TaskState): string {
  return attemptId({ run_id: state.lane.run.submitted.run_id, task_id: state.task_id, attempt: state.attempt });
}
