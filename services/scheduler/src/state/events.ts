import { type EventData, eventOf, type FittingEvent, type RunCounts } from '@benchwire/shared/contracts/event.ts';
import { type RunMessage, runMessageId } from '@benchwire/shared/contracts/run.ts';
import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import type { Unplaceable } from '../placement/unplaceable.ts';
import type { MissedDeadline } from '../queue/deadlines.ts';
import type { RunState } from './model.ts';

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** @param as_written - the `submitted` message as it is in RUNS, which fits its contract */
function acceptedEvent(run: RunState, as_written: unknown): FittingEvent {
  const { run_id } = run.submitted;
  const { request } = as_written as Pick<EventData<'run.accepted'>, 'request'>;
  return eventOf('run.accepted', {
    ...{ run_id, at_ms: run.accepted_at_ms, event_id: `${run_id}.accepted` },
    message: `accepted with ${run.counts.total} tasks`,
    data: { request, task_count: run.counts.total },
  });
}

/** What there is to do for a pool, for anyone who starts and stops workers. */
export function demandEvent(demand: PoolDemand, now: number): FittingEvent {
  const { pool, ...data } = demand;
  const { waiting, running, workers, expected_work_seconds: seconds, unknown_work_tasks: unknown } = demand;
  const work = `${Math.ceil(seconds)} s of work${unknown > 0 ? ` and ${unknown} of unknown length` : ''}`;
  const message = `${waiting} waiting, ${running} running, workers: ${workers}, ${work}`;
  return eventOf('pool.demand', { pool, at_ms: now, event_id: `demand.${pool}.${now}`, message, data });
}

/** A deadline has passed, and some copies of a task as it was written are not done. */
export function deadlineEvent({ run, sample, due_ms, tasks }: MissedDeadline, now: number): FittingEvent {
  const { run_id } = run.submitted;
  const { base_task_id, on_missed_deadline } = sample.lane.spec;
  const what = tasks === 1 ? 'one task is' : `${tasks} tasks are`;
  const end = on_missed_deadline === 'end' ? '; they end now' : '';
  return eventOf('task.deadline_missed', {
    ...{ run_id, task_id: sample.task_id, at_ms: now, event_id: `${run_id}.${base_task_id}.deadline.${due_ms}` },
    message: `${what} not done by the deadline of ${base_task_id}, ${iso(due_ms)}${end}`,
    data: { tasks, deadline: iso(due_ms), on_missed_deadline },
  });
}

export function finishedEvent(run: RunState, now: number): FittingEvent {
  const { run_id } = run.submitted;
  const { counts } = run;
  return eventOf('run.finished', {
    ...{ run_id, at_ms: now, event_id: `${run_id}.finished`, message: describeCounts(counts) },
    data: { counts },
  });
}

function describeCounts(counts: RunCounts): string {
  const parts = (['completed', 'failed', 'timed_out', 'cancelled', 'lost'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status.replace('_', ' ')}`);
  return `finished: ${parts.join(', ')} of ${counts.total} tasks`;
}

/** What is told of a message in RUNS once it has been applied. */
export function announcement(message: RunMessage, run: RunState, as_written: () => unknown): FittingEvent {
  const { run_id } = message;
  const at_ms = Date.parse(message.at);
  const event_id = runMessageId(message);
  switch (message.kind) {
    case 'submitted':
      return acceptedEvent(run, as_written());
    case 'cancelled':
      return eventOf('run.cancelling', {
        ...{ run_id, at_ms, event_id: `${run_id}.cancelling` },
        message: `cancelled: ${message.reason}`,
      });
    case 'task_cancelled': {
      const { task_id, reason } = message;
      return eventOf('task.cancelling', { run_id, task_id, at_ms, event_id, message: `cancelled: ${reason}` });
    }
    case 'bound': {
      const { task_id, pools } = message;
      const text = `task ${task_id} runs on ${pools.join(', ')}`;
      return eventOf('run.bound', { run_id, at_ms, event_id, message: text, data: { task_id, pools } });
    }
    default:
      return message satisfies never;
  }
}

/** Tasks of a group wait, and no pool can serve them. */
export function waitingForPoolEvent({ group, sample, reason }: Unplaceable, now: number): FittingEvent {
  const { task_id, lane } = sample;
  const { run_id } = lane.run.submitted;
  const { executor, requirements } = group.need;
  return eventOf('task.waiting_for_pool', {
    ...{ run_id, task_id, at_ms: now, event_id: `${run_id}.${task_id}.no-pool.${now}` },
    message: `no pool can run it now: ${reason}`,
    data: { tasks: group.size, executor, requirements },
  });
}
