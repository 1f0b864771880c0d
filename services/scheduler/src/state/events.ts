import { type BenchEvent, eventOf, type RunCounts } from '@benchwire/shared/contracts/event.ts';
import { type RunMessage, runMessageId } from '@benchwire/shared/contracts/run.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import type { Unplaceable } from '../placement/unplaceable.ts';
import type { MissedDeadline } from '../queue/deadlines.ts';
import type { RunState } from './run-state.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Carries the request as it was written, not with its defaults filled in: what fitted into RUNS fits into EVENTS.
 * @param as_written - the `submitted` message as it stands in RUNS
 */
function acceptedEvent(run: RunState, as_written: unknown): BenchEvent {
  const { run_id } = run.submitted;
  const { request } = as_written as { request: unknown };
  return eventOf(
    'run',
    'accepted',
    `accepted with ${run.counts.total} tasks`,
    run.accepted_at_ms,
    `${run_id}.accepted`,
    {
      run_id,
      data: { request, task_count: run.counts.total },
    },
  );
}

/** What there is to do for a pool, for whoever starts and stops workers. */
export function demandEvent(demand: PoolDemand, now: number): BenchEvent {
  const { pool, ...data } = demand;
  const { waiting, running, workers, expected_work_seconds: seconds, unknown_work_tasks: unknown } = demand;
  const work = `${Math.ceil(seconds)} s of work${unknown > 0 ? ` and ${unknown} of unknown length` : ''}`;
  const message = `${waiting} waiting, ${running} running, workers: ${workers}, ${work}`;
  return eventOf('pool', 'demand', message, now, `demand.${pool}.${now}`, { pool, data });
}

/** A deadline has passed, and some copies of a task as it was written are not done. */
export function deadlineEvent({ run, sample, due_ms, tasks }: MissedDeadline, now: number): BenchEvent {
  const { run_id } = run.submitted;
  const { base_task_id, on_missed_deadline } = sample.lane.spec;
  const what = tasks === 1 ? 'one task is' : `${tasks} tasks are`;
  const end = on_missed_deadline === 'end' ? '; they end now' : '';
  return eventOf(
    'task',
    'deadline_missed',
    `${what} not done by the deadline of ${base_task_id}, ${iso(due_ms)}${end}`,
    now,
    `${run_id}.${base_task_id}.deadline.${due_ms}`,
    { run_id, task_id: sample.task_id, data: { tasks, deadline: iso(due_ms), on_missed_deadline } },
  );
}

export function finishedEvent(run: RunState, now: number): BenchEvent {
  const { run_id } = run.submitted;
  return eventOf('run', 'finished', describeCounts(run.counts), now, `${run_id}.finished`, {
    run_id,
    data: { counts: run.counts },
  });
}

function describeCounts(counts: RunCounts): string {
  const parts = (['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status.replace('_', ' ')}`);
  return `finished: ${parts.join(', ')} of ${counts.total} tasks`;
}

/** What is told of a message in RUNS once it has been applied. */
export function announcement(message: RunMessage, run: RunState, as_written: () => unknown): BenchEvent {
  const { run_id } = message;
  const at = Date.parse(message.at);
  switch (message.kind) {
    case 'submitted':
      return acceptedEvent(run, as_written());
    case 'cancelled':
      return eventOf('run', 'cancelling', `cancelled: ${message.reason}`, at, `${run_id}.cancelling`, { run_id });
    case 'task_cancelled': {
      const { task_id, reason } = message;
      const about = { run_id, task_id };
      return eventOf('task', 'cancelling', `cancelled: ${reason}`, at, runMessageId(message), about);
    }
    case 'bound': {
      const { task_id, pools } = message;
      const text = `task ${task_id} runs on ${pools.join(', ')}`;
      return eventOf('run', 'bound', text, at, runMessageId(message), { run_id, data: { task_id, pools } });
    }
    default:
      return message satisfies never;
  }
}

/** Tasks of a group wait, and no pool can serve them. */
export function waitingForPoolEvent({ group, sample, reason }: Unplaceable, now: number): BenchEvent {
  const { task_id, lane } = sample;
  const { run_id } = lane.run.submitted;
  const message = `no pool can run it now: ${reason}`;
  const { executor, requirements } = group.need;
  return eventOf('task', 'waiting_for_pool', message, now, `${run_id}.${task_id}.no-pool.${now}`, {
    run_id,
    task_id,
    data: { tasks: group.size, executor, requirements },
  });
}
