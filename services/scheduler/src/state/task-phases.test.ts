import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { planEmissions } from '../placement/emit.ts';
import { fifo } from '../placement/strategies/fifo.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import type { Verdict } from './attempt-end.ts';
import { IllegalTransitionError } from './illegal-transition.ts';
import { Group, type TaskState } from './model.ts';
import type { Phase } from './phases.ts';
import { SchedulerState } from './scheduler-state.ts';
import type { TaskPhases } from './task-phases.ts';

const verdict: Verdict = {
  status: 'cancelled',
  error: { class: 'cancelled', code: 'CANCELLED', message: 'enough', retriable: false },
};

/** Every way in which a task may change, with the phases in which it may. Written down apart from the code's own table. */
const STEPS: Record<
  string,
  { legal: readonly Phase[]; run(phases: TaskPhases, task: TaskState, now: number, state: SchedulerState): void }
> = {
  makeReady: {
    legal: ['blocked', 'delayed', 'ready', 'emitted', 'settling'],
    run: (phases, task, now) => phases.makeReady(task, now),
  },
  delay: {
    legal: ['blocked', 'delayed', 'ready', 'emitted', 'settling'],
    run: (phases, task, now) => phases.delay(task, now + 1000, now),
  },
  emit: {
    legal: ['ready', 'delayed'],
    run: (phases, task, now, state) => phases.emit(task, state.pools.known('cpu-0'), 1000, now),
  },
  settle: {
    legal: ['unbound', 'blocked', 'delayed', 'ready', 'emitted', 'settling'],
    run: (phases, task, now) => phases.settle(task, verdict, now),
  },
  finish: {
    legal: ['unbound', 'blocked', 'delayed', 'ready', 'emitted', 'settling'],
    run: (phases, task, now) => phases.finish(task, 'completed', now),
  },
  addUnbound: { legal: ['unbound'], run: (phases, task) => phases.addUnbound(task) },
  startSettling: { legal: ['settling'], run: (phases, task) => phases.startSettling(task) },
  withdraw: { legal: ['emitted'], run: (phases, task) => phases.withdraw(task) },
  startWithdrawing: { legal: ['emitted'], run: (phases, task) => phases.startWithdrawing(task) },
  restrict: { legal: ['ready'], run: (phases, task) => phases.restrict(task) },
};

/** Everything that a transition may change. */
function pictureOf(state: SchedulerState, tasks: readonly TaskState[]): unknown {
  const { phases, ready, pools } = state;
  return {
    tasks: tasks.map(({ phase, status, attempt, verdict: decided, emission }) => [
      phase,
      status,
      attempt,
      decided,
      emission?.pool.name,
    ]),
    sets: [phases.delayed, phases.unbound, phases.toSettle, phases.toWithdraw, phases.restricted].map((set) =>
      [...set].map(({ task_id }) => task_id),
    ),
    ready: ready.size,
    emitted: [...pools.all].map((pool) => [...pool.emitted].map(({ task_id }) => task_id)),
    counts: tasks.map(({ lane: { run, tenant, bucket, queue, size } }) => [
      run.emitted,
      tenant.emitted,
      tenant.size,
      bucket.size,
      bucket.group.size,
      queue.size,
      size,
    ]),
  };
}

/** Each task stands where its phase says, and nowhere else; every count is what can be counted. */
function expectInOrder(state: SchedulerState, tasks: readonly TaskState[]): void {
  const { phases } = state;
  const [pool] = state.pools.all;
  for (const task of tasks) {
    const { phase, lane } = task;
    expect(phases.delayed.has(task)).toBe(phase === 'delayed');
    expect(pool?.emitted.has(task) ?? false).toBe(phase === 'emitted');
    expect(task.emission !== undefined).toBe(phase === 'emitted');
    if (phases.unbound.has(task)) expect(phase).toBe('unbound');
    if (phases.toSettle.has(task)) expect(phase).toBe('settling');
    if (phases.toWithdraw.has(task)) expect(phase).toBe('emitted');
    if (phases.restricted.has(task)) expect(phase).toBe('ready');
    expect(new Set(lane.waiting()).has(task)).toBe(phase === 'ready');
    expect(lane.size).toBe(tasks.filter((other) => other.phase === 'ready' && other.lane === lane).length);
  }
  const ready = tasks.filter(({ phase }) => phase === 'ready').length;
  const emitted = tasks.filter(({ phase }) => phase === 'emitted').length;
  expect(state.ready.size).toBe(ready);
  const [run] = state.runs.values();
  expect(run?.emitted).toBe(emitted);
  expect(tasks[0]?.lane.tenant.emitted).toBe(emitted);
  expect(tasks[0]?.lane.tenant.size).toBe(ready);
}

describe('transitions of tasks', () => {
  it('throws for each one that cannot follow, changes nothing then, and keeps every set and count in step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ step: fc.constantFrom(...Object.keys(STEPS)), which: fc.nat(3) }), { maxLength: 60 }),
        (steps) => {
          const run = submitted({
            tasks: [
              { task_id: 'pair', executor: 'noop', repetitions: 2 },
              { task_id: 'after', executor: 'noop', depends_on: ['pair'] },
              { task_id: 'each', executor: 'noop', placement: 'each' },
            ],
          });
          const state = new SchedulerState();
          expect(state.applyRunMessage(run, T0)).toEqual([]);
          state.pools.known('cpu-0');
          const tasks = [...(state.runs.get(run.run_id)?.tasks.values() ?? [])];
          for (const [index, { step, which }] of steps.entries()) {
            const task = tasks[which % tasks.length];
            const entry = STEPS[step];
            if (task === undefined || entry === undefined) throw new Error('no such step');
            const before = pictureOf(state, tasks);
            const act = (): void => entry.run(state.phases, task, T0 + index, state);
            if (entry.legal.includes(task.phase)) act();
            else {
              expect(act).toThrow(IllegalTransitionError);
              expect(pictureOf(state, tasks)).toEqual(before);
            }
            expectInOrder(state, tasks);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives each newly restricted task once', () => {
    const state = new SchedulerState();
    const run = submitted({ tasks: [{ task_id: 't', executor: 'noop' }] });
    state.applyRunMessage(run, T0);
    const task = state.runs.get(run.run_id)?.tasks.get('t');
    if (task === undefined) throw new Error('no task');
    state.phases.restrict(task);
    expect(state.phases.hasNewlyRestricted).toBe(true);
    expect(state.phases.takeNewlyRestricted()).toEqual([task]);
    expect(state.phases.takeNewlyRestricted()).toEqual([]);
    expect([...state.phases.restricted]).toEqual([task]);
  });

  it('keeps a group to the pools that its signature names', () => {
    const state = new SchedulerState();
    const run = submitted({ tasks: [{ task_id: 't', executor: 'noop' }] });
    state.applyRunMessage(run, T0);
    const need = state.runs.get(run.run_id)?.tasks.get('t')?.lane.spec;
    if (need === undefined) throw new Error('no task');
    const group = new Group('s not a', need, new Map([['a', 'it failed there']]));
    group.explainBlocked(new Map([['a', 'for another reason']]));
    expect(group.blocked?.get('a')).toBe('for another reason');
    expect(() => group.explainBlocked(new Map([['b', 'x']]))).toThrow(IllegalTransitionError);
    expect(() => group.explainBlocked(undefined)).toThrow(IllegalTransitionError);
  });
});

describe('limits of running tasks', () => {
  it('count an attempt once when it comes back from a queue after its run was cancelled, or is lost then', () => {
    const tenants = new Map([['research', { max_running: 2 }]]);
    const state = new SchedulerState({ tenants });
    const fleet = new Fleet(T0);
    fleet.applyCapabilities(aWorker('w', [aDevice({ slots: 8 })]), T0);
    fleet.applyHeartbeat(aHeartbeat('w'), T0);
    const task = { task_id: 't', executor: 'noop', repetitions: 2 };
    const cancelled = submitted({ tags: { tenant: 'research' }, tasks: [task] });
    state.applyRunMessage(cancelled, T0);
    const emissions = planEmissions(state, fleet, fifo(), T0, 10);
    expect(emissions).toHaveLength(2);
    const { run_id, at } = cancelled;
    state.applyRunMessage({ v: 1, run_id, at, kind: 'cancelled', reason: 'enough' }, T0);
    const [back, lost] = emissions.map((emission) => emission.state);
    if (back === undefined || lost === undefined) throw new Error('not emitted');
    state.returnToReady(back, T0);
    const error = { class: 'lost_worker', code: 'WORKER_LOST', message: 'x', retriable: true } as const;
    const { task_id, attempt } = lost;
    const facts = { run_id, task_id, attempt, max_attempts: 1, worker_id: 'w', pool: 'cpu-00000000', finished_at: at };
    state.applyOutcome({ ...facts, status: 'lost', error }, T0, () => 0);
    expect(back.lane.tenant.emitted).toBe(0);
    expect(back.lane.run.emitted).toBe(0);

    state.applyRunMessage(submitted({ tags: { tenant: 'research' }, tasks: [{ ...task, repetitions: 5 }] }), T0);
    expect(planEmissions(state, fleet, fifo(), T0, 10)).toHaveLength(2);
  });

  it('an outcome that names an `each` task before it has pools does not make it run itself', () => {
    const state = new SchedulerState();
    const run = submitted({ tasks: [{ task_id: 'each', executor: 'noop', placement: 'each' }] });
    state.applyRunMessage(run, T0);
    const error = { class: 'lost_worker', code: 'WORKER_LOST', message: 'x', retriable: true } as const;
    const facts = { run_id: run.run_id, task_id: 'each', attempt: 1, max_attempts: 1, worker_id: 'w', pool: null };
    expect(state.applyOutcome({ ...facts, status: 'lost', error, finished_at: run.at }, T0, () => 0)).toBe(false);
    expect(state.ready.size).toBe(0);
    expect([...state.unbound].map(({ task_id }) => task_id)).toEqual(['each']);
  });
});
