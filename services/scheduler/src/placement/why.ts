import type { TaskExplanation, WhyPool } from '@benchwire/shared/contracts/scheduler.ts';
import { whyNot } from '../failures/recovery.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { compareOrder } from '../queue/order.ts';
import { durationOf } from '../run-times/durations.ts';
import { type Lane, PoolState, type RunState, type TaskState } from '../state/model.ts';
import type { SchedulerState } from '../state/scheduler-state.ts';
import { viewOf } from './emit.ts';
import { whyHeld } from './pick.ts';

const MAX_WAITS_FOR = 20;

type Basis = WhyPool['basis'];
/** The less is known, the later in this list. */
const BY_TRUST: readonly Basis[] = ['pool', 'class', 'timeout', 'any_class', 'prior', 'unknown'];

/** The task of that id, or the first copy that is not over of the task that was written under it; undefined for neither. */
export function taskNamed(run: RunState, id: string): TaskState | undefined {
  const exact = run.tasks.get(id);
  if (exact !== undefined) return exact;
  let over: TaskState | undefined;
  for (const state of run.tasks.values()) {
    if (state.lane.spec.base_task_id !== id) continue;
    if (state.phase !== 'done') return state;
    over ??= state;
  }
  return over;
}

/** Why a task that is not over is where it is: what it waits for, for each pool why it fits or not, and when it may start. */
export function explain(
  state: SchedulerState,
  fleet: Fleet,
  task: TaskState,
  phase: TaskExplanation['phase'],
  now: number,
): TaskExplanation {
  state.pools.sync(fleet.pools(), now);
  const { lane } = task;
  const { run, spec, queue, tenant } = lane;
  const pools = poolsOf(state, fleet, lane, now);
  const waits_for = phase === 'blocked' ? dependenciesOf(run, task) : [];
  const ahead = phase === 'ready' ? aheadOf(state, task) : undefined;
  const start = phase === 'ready' ? expectedStart(state, lane, pools, ahead, now) : undefined;
  return {
    run_id: run.submitted.run_id,
    task_id: task.task_id,
    attempt: task.attempt,
    phase,
    explanation: sentence(task, fleet, waits_for.length, ahead?.tasks ?? 0, pools, now),
    priority: spec.priority,
    tenant: tenant.name,
    deadline: Number.isFinite(queue.due_ms) ? new Date(queue.due_ms).toISOString() : null,
    ahead: ahead?.tasks ?? null,
    expected_start: start?.at_ms === undefined ? null : new Date(start.at_ms).toISOString(),
    expected_start_basis: start?.basis ?? 'unknown',
    waits_for: waits_for.slice(0, MAX_WAITS_FOR),
    waits_for_count: waits_for.length,
    pools,
  };
}

function sentence(
  task: TaskState,
  fleet: Fleet,
  unmet: number,
  ahead: number,
  pools: readonly WhyPool[],
  now: number,
): string {
  const { lane, emission } = task;
  switch (task.phase) {
    case 'unbound':
      return 'It runs once on every pool that fits, and waits until one is there.';
    case 'blocked': {
      const end = lane.spec.run_when === 'always' ? 'over' : 'completed';
      return `It waits until ${unmet === 1 ? 'the task' : `the ${unmet} tasks`} that it depends on ${unmet === 1 ? 'is' : 'are'} ${end}.`;
    }
    case 'delayed':
      return `Attempt ${task.attempt - 1} ended without success; the next one follows in ${seconds(task.due_at_ms - now)}.`;
    case 'settling':
      if (task.verdict?.status === 'completed') return 'Its imported results are being stored.';
      return `It ends now without running: ${task.verdict?.error.message ?? 'the scheduler has decided so'}.`;
    case 'emitted': {
      if (emission === undefined) return 'It has a pool.';
      const worker = workerOf(task, fleet);
      if (worker !== undefined) return `It runs on ${worker} of pool ${emission.pool.name}.`;
      if (emission.started_ms !== undefined) return `It is with pool ${emission.pool.name}, which has a slot for it.`;
      return `It is in the queue of pool ${emission.pool.name}, behind the tasks that run there.`;
    }
    default:
      return readySentence(lane, ahead, pools);
  }
}

function readySentence(lane: Lane, ahead: number, pools: readonly WhyPool[]): string {
  if (pools.length === 0) return 'No worker is connected.';
  if (pools.every(({ reason }) => reason !== null))
    return 'No pool can run it now; it waits until one can, or its timeout has passed.';
  const held = whyHeld(lane);
  if (held !== undefined) return `It could start, but ${held}.`;
  const before = ahead === 0 ? 'nothing goes before it' : `${ahead} of its tenant's tasks go before it`;
  return `It waits for a free slot of a pool that fits: ${before}.`;
}

function workerOf({ emission, lane, task_id, attempt }: TaskState, fleet: Fleet): string | undefined {
  const id = `${lane.run.submitted.run_id}.${task_id}.${attempt}`;
  return emission?.pool.workers.find((worker_id) => fleet.worker(worker_id)?.running.has(id) === true);
}

function dependenciesOf(run: RunState, task: TaskState): string[] {
  const found: string[] = [];
  for (const other of run.tasks.values()) if (other.dependents?.includes(task) === true) found.push(other.task_id);
  return found;
}

/** Each pool that is known, whether or not its workers take jobs now. */
function poolsOf(state: SchedulerState, fleet: Fleet, lane: Lane, now: number): WhyPool[] {
  const view = viewOf(state);
  const { group } = lane.bucket;
  return [...fleet.offers()].map(([name, offer]) => {
    const pool = state.pools.get(name) ?? new PoolState(name, 0);
    const away =
      pool.offer === undefined ? fleet.pausedIn(name).slice(0, 3).join(', ') || 'no worker of it is ready' : '';
    const reason = whyNot(group, offer) ?? (away === '' ? view.obstacle(lane, pool, now) : away);
    const common = { pool: name, class: offer.class, slots: pool.slots, emitted: pool.emitted.size };
    if (reason !== undefined)
      return { ...common, reason, wait_seconds: null, run_seconds: null, basis: 'unknown' as const };
    const { ms, basis } = durationOf(state.run_times, lane.bucket, pool);
    const known = basis !== 'prior';
    return {
      ...common,
      reason: null,
      wait_seconds: round(pool.waitMs(now) / 1000),
      run_seconds: known ? round(ms / 1000) : null,
      basis: known ? basis : ('unknown' as const),
    };
  });
}

interface Ahead {
  tasks: number;
  /** What they take where each of them is fastest, in milliseconds. */
  work_ms: number;
  basis: Basis;
}

/** The ready tasks of its tenant that go before a ready task and could run where it can. */
function aheadOf(state: SchedulerState, task: TaskState): Ahead {
  const { lane } = task;
  const { queue, tenant, bucket } = lane;
  const own = new Set(bucket.group.pools);
  const ahead: Ahead = { tasks: 0, work_ms: 0, basis: 'pool' };
  const add = (other: Lane, tasks: number): void => {
    const pools = other.bucket.group.pools.filter((pool) => own.has(pool));
    if (tasks === 0 || pools.length === 0) return;
    const durations = pools.map((pool) => durationOf(state.run_times, other.bucket, pool));
    ahead.tasks += tasks;
    ahead.work_ms += tasks * Math.min(...durations.map(({ ms }) => ms));
    for (const { basis } of durations) ahead.basis = lessSure(ahead.basis, basis);
  };
  for (const queues of tenant.queues.values()) {
    for (const other of queues) {
      const order = compareOrder(other, queue);
      if (order > 0) continue;
      for (const each of other.lanes) if (each !== lane && (order < 0 || each.index < lane.index)) add(each, each.size);
    }
  }
  let before = 0;
  for (const other of lane.waiting()) {
    if (other === task) break;
    before++;
  }
  add(lane, before);
  return ahead;
}

/** When a slot is likely to be its: what goes before it, spread over the slots that could take it, and its tenant's share. */
function expectedStart(
  state: SchedulerState,
  lane: Lane,
  pools: readonly WhyPool[],
  ahead: Ahead | undefined,
  now: number,
): { at_ms: number | undefined; basis: Basis } {
  const open = pools.filter(({ reason }) => reason === null);
  const slots = open.reduce((sum, pool) => sum + pool.slots, 0);
  if (slots === 0 || ahead === undefined || whyHeld(lane) !== undefined) return { at_ms: undefined, basis: 'unknown' };
  const basis = open.reduce<Basis>((least, pool) => lessSure(least, pool.basis), ahead.basis);
  if (basis === 'prior' || basis === 'unknown') return { at_ms: undefined, basis: 'unknown' };
  const weights = state.ready.tenants.reduce((sum, tenant) => sum + tenant.limits.weight, 0);
  const share = lane.tenant.limits.weight / Math.max(lane.tenant.limits.weight, weights);
  const first_ms = Math.min(...open.map((pool) => (pool.wait_seconds ?? 0) * 1000));
  return { at_ms: now + first_ms + ahead.work_ms / (slots * share), basis };
}

function lessSure(a: Basis, b: Basis): Basis {
  return BY_TRUST.indexOf(a) >= BY_TRUST.indexOf(b) ? a : b;
}

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(1)} s`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
