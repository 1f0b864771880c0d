import {
  type BenchEvent,
  type EventName,
  type EventNameOf,
  eventData,
  eventName,
  type RunCounts,
} from '@benchwire/shared/contracts/event.ts';
import { type Outcome, type OutcomeStatus, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';

/** What is kept of an outcome: all but what the attempt printed, which may be large. */
export type KeptOutcome = Omit<Outcome, 'logs'>;

export type TaskProgressState = 'waiting' | 'running' | 'retrying' | OutcomeStatus;

export interface Announcement {
  at: string;
  worker_id: string | null;
  pool: string | null;
}

export interface TaskProgress {
  task_id: string;
  /** Attempts that were announced as running. */
  running: Map<number, Announcement>;
  /** The first outcome of each attempt: later ones of the same attempt do not count. */
  outcomes: Map<number, { sequence: number; outcome: KeptOutcome }>;
  /** Batch sizes that are done though the task goes on: the median in ms, of the latest attempt that measured it. */
  measured: Map<number, { attempt: number; latency_ms: number }>;
  /** The latest word of the scheduler on why the task waits. */
  waiting: { at: string; message: string } | undefined;
}

/**
 * What is known of one run, from its outcomes and events. It depends only on which messages were applied, not on their
 * order or on how often each came: two streams are read at once, and each may repeat itself.
 */
export interface RunProgress {
  run_id: string;
  /** Tasks that the submit reply promised; an `each` task may become several. */
  promised: number;
  accepted_at: string | undefined;
  cancelling: string | undefined;
  finished: { at: string; counts: RunCounts | undefined } | undefined;
  tasks: Map<string, TaskProgress>;
  /** Of each `each` task that was bound: on how many pools it runs. Its own name has then no life. */
  bound: Map<string, number>;
  counts: Record<TaskProgressState, number>;
  /** The highest sequence in OUTCOMES that was applied. */
  last_sequence: number;
}

export function emptyProgress(run_id: string, promised: number): RunProgress {
  return {
    run_id,
    promised,
    accepted_at: undefined,
    cancelling: undefined,
    finished: undefined,
    tasks: new Map(),
    bound: new Map(),
    counts: { waiting: 0, running: 0, retrying: 0, completed: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 },
    last_sequence: 0,
  };
}

/** Applies one outcome. @returns the task's final outcome if this is what made it final. */
export function applyOutcome(progress: RunProgress, sequence: number, outcome: Outcome): KeptOutcome | undefined {
  if (outcome.run_id !== progress.run_id) return undefined;
  progress.last_sequence = Math.max(progress.last_sequence, sequence);
  const { logs: _, ...kept } = outcome;
  let before: KeptOutcome | undefined;
  const task = change(progress, outcome.task_id, (task) => {
    before = finalOutcome(task);
    const known = task.outcomes.get(outcome.attempt);
    if (known === undefined || sequence < known.sequence)
      task.outcomes.set(outcome.attempt, { sequence, outcome: kept });
  });
  return before === undefined ? finalOutcome(task) : undefined;
}

/** Applies one event; kinds that say nothing about progress are ignored. @returns whether anything changed. */
export function applyEvent(progress: RunProgress, event: BenchEvent): boolean {
  if (event.run_id !== progress.run_id) return false;
  const name = eventName(event);
  switch (name) {
    case 'run.accepted':
      if (progress.accepted_at === undefined || event.at < progress.accepted_at) progress.accepted_at = event.at;
      return true;
    case 'run.cancelling':
      progress.cancelling ??= event.message;
      return true;
    case 'run.finished': {
      const data = eventData(name, event);
      if (progress.finished === undefined || event.at < progress.finished.at)
        progress.finished = { at: event.at, counts: data.ok ? data.value.counts : undefined };
      return true;
    }
    case 'task.running':
    case 'task.measured':
    case 'task.waiting_for_pool':
      return event.task_id !== null && applyTaskEvent(progress, event.task_id, name, event);
    case 'run.bound':
      return applyBinding(progress, event);
    case 'run.judged':
    case 'run.archived':
    case 'run.restored':
    case 'run.deleted':
    case 'task.deadline_missed':
    case 'task.cancelling':
      return false;
    default:
      name satisfies Exclude<EventName, EventNameOf<'run' | 'task'>> | undefined;
      return false;
  }
}

/** @returns whether the event could be read */
function applyBinding(progress: RunProgress, event: BenchEvent): boolean {
  const data = eventData('run.bound', event);
  if (!data.ok || data.value.pools.length === 0) return false;
  const { task_id, pools } = data.value;
  progress.bound.set(task_id, pools.length);
  const unbound = progress.tasks.get(task_id);
  if (unbound !== undefined) progress.counts[stateOf(unbound)]--;
  progress.tasks.delete(task_id);
  return true;
}

/** @returns whether the event could be read */
function applyTaskEvent(
  progress: RunProgress,
  task_id: string,
  name: 'task.running' | 'task.measured' | 'task.waiting_for_pool',
  event: BenchEvent,
): boolean {
  const { at, attempt, worker_id, pool, message } = event;
  switch (name) {
    case 'task.running':
      if (attempt === null) return false;
      change(progress, task_id, ({ running }) => {
        const known = running.get(attempt);
        if (known === undefined || at < known.at) running.set(attempt, { at, worker_id, pool });
      });
      return true;
    case 'task.measured': {
      const data = eventData(name, event);
      if (attempt === null || !data.ok) return false;
      const { batch_size, latency_ms } = data.value;
      change(progress, task_id, ({ measured }) => {
        if ((measured.get(batch_size)?.attempt ?? 0) <= attempt) measured.set(batch_size, { attempt, latency_ms });
      });
      return true;
    }
    case 'task.waiting_for_pool':
      // It waited before it was bound.
      if (progress.bound.has(task_id)) return false;
      change(progress, task_id, (task) => {
        if (task.waiting === undefined || isLater({ at, message }, task.waiting)) task.waiting = { at, message };
      });
      return true;
    default:
      return name satisfies never;
  }
}
function isLater(a: { at: string; message: string }, b: { at: string; message: string }): boolean {
  return a.at > b.at || (a.at === b.at && a.message > b.message);
}

function change(progress: RunProgress, task_id: string, mutate: (task: TaskProgress) => void): TaskProgress {
  let task = progress.tasks.get(task_id);
  if (task === undefined) {
    task = { task_id, running: new Map(), outcomes: new Map(), measured: new Map(), waiting: undefined };
    progress.tasks.set(task_id, task);
  } else progress.counts[stateOf(task)]--;
  mutate(task);
  progress.counts[stateOf(task)]++;
  return task;
}

/** The outcome that ended the task: of those that are final, the one that the stream has first. */
export function finalOutcome(task: TaskProgress): KeptOutcome | undefined {
  let first: { sequence: number; outcome: KeptOutcome } | undefined;
  for (const entry of task.outcomes.values()) {
    if (outcomeIsFinal(entry.outcome) && (first === undefined || entry.sequence < first.sequence)) first = entry;
  }
  return first?.outcome;
}

export function stateOf(task: TaskProgress): TaskProgressState {
  const final = finalOutcome(task);
  if (final !== undefined) return final.status;
  const ended = Math.max(0, ...task.outcomes.keys());
  const started = Math.max(0, ...task.running.keys());
  if (started > ended) return 'running';
  return ended > 0 ? 'retrying' : 'waiting';
}

/** The announcement of the attempt that runs now. */
export function runningAttempt(task: TaskProgress): (Announcement & { attempt: number }) | undefined {
  if (stateOf(task) !== 'running') return undefined;
  const attempt = Math.max(...task.running.keys());
  const announcement = task.running.get(attempt);
  return announcement === undefined ? undefined : { ...announcement, attempt };
}

/** Tasks of the run: those promised, with a copy for each pool of the `each` tasks that were bound. The `finished` event decides. */
export function totalOf(progress: RunProgress): number {
  const copies = [...progress.bound.values()].reduce((sum, pools) => sum + pools - 1, 0);
  return progress.finished?.counts?.total ?? Math.max(progress.promised + copies, progress.tasks.size);
}

export function endedOf(progress: RunProgress): number {
  const { completed, failed, timed_out, cancelled, lost } = progress.counts;
  return completed + failed + timed_out + cancelled + lost;
}

/** Outcomes that the finished run has and that were not seen; undefined while it goes on. */
export function missingOutcomes(progress: RunProgress): number | undefined {
  return progress.finished === undefined ? undefined : Math.max(0, totalOf(progress) - endedOf(progress));
}

/** The run has finished, and every outcome it speaks of was seen. */
export function isOver(progress: RunProgress): boolean {
  return missingOutcomes(progress) === 0;
}

/** Final outcomes in a given order of tasks, those not in it behind. */
export function finalOutcomes(progress: RunProgress, order: readonly string[] = []): KeptOutcome[] {
  const ids = new Set([...order, ...progress.tasks.keys()]);
  return [...ids].flatMap((id) => {
    const task = progress.tasks.get(id);
    const outcome = task === undefined ? undefined : finalOutcome(task);
    return outcome === undefined ? [] : [outcome];
  });
}
