import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { capacityOf, type Emission, planEmissions } from '../placement/emit.ts';
import { FastestCompletion } from '../placement/strategies/fastest-completion.ts';
import { expireUnplaceable, findUnplaceable, planBindings } from '../placement/unplaceable.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import type { OutcomeFacts } from './attempt-end.ts';
import { SchedulerState } from './scheduler-state.ts';

const noJitter = (): number => 0;

function outcome(run_id: string, task_id: string, over: Partial<OutcomeFacts> = {}): OutcomeFacts {
  return {
    run_id,
    task_id,
    attempt: 1,
    max_attempts: 4,
    status: 'completed',
    error: null,
    worker_id: 'w0',
    pool: 'cpu-00000000',
    finished_at: new Date(T0).toISOString(),
    ...over,
  };
}

function failure(retriable: boolean): Outcome['error'] {
  return { class: 'unknown', code: 'X', message: 'x', retriable };
}

function fleetOf(...devices: Array<Partial<Parameters<typeof aDevice>[0]>>): Fleet {
  const fleet = new Fleet(T0);
  for (const [index, device] of devices.entries()) {
    const id = `w${index}`;
    fleet.applyCapabilities(aWorker(id, [aDevice(device)]), T0);
    fleet.applyHeartbeat(aHeartbeat(id), T0);
  }
  return fleet;
}

/** A strategy remembers what it has planned for its state. */
const strategies = new WeakMap<SchedulerState, FastestCompletion>();

function emit(state: SchedulerState, fleet: Fleet, now: number, maximum: number): Emission[] {
  const strategy = strategies.get(state) ?? new FastestCompletion();
  strategies.set(state, strategy);
  return planEmissions(state, fleet, strategy, now, maximum);
}

function stateWith(...messages: RunMessage[]): SchedulerState {
  const state = new SchedulerState();
  for (const message of messages) expect(state.applyRunMessage(message, T0)).toEqual([]);
  return state;
}

describe('the fold', () => {
  it('starts a dependent only when its dependency is completed', () => {
    const run = submitted({
      tasks: [
        { task_id: 'a', executor: 'noop' },
        { task_id: 'b', executor: 'noop', depends_on: ['a'] },
      ],
    });
    const state = stateWith(run);
    const fleet = fleetOf({ slots: 4 });
    expect(emit(state, fleet, T0, 10).map((e) => e.state.task_id)).toEqual(['a']);
    state.applyOutcome(outcome(run.run_id, 'a'), T0, noJitter);
    expect(emit(state, fleet, T0, 10).map((e) => e.state.task_id)).toEqual(['b']);
    state.applyOutcome(outcome(run.run_id, 'b'), T0, noJitter);
    expect([...state.finished].map((r) => r.counts.completed)).toEqual([2]);
  });

  it('skips the dependents of a failed task, with the reason, all the way down', () => {
    const run = submitted({
      tasks: [
        { task_id: 'a', executor: 'noop' },
        { task_id: 'b', executor: 'noop', depends_on: ['a'] },
        { task_id: 'c', executor: 'noop', depends_on: ['b'] },
      ],
    });
    const state = stateWith(run);
    state.applyOutcome(outcome(run.run_id, 'a', { status: 'failed', error: failure(false) }), T0, noJitter);
    const [b] = state.toSettle;
    expect(b?.task_id).toBe('b');
    expect(b?.verdict?.error?.message).toMatch(/because a, .* ended as failed/);
    state.applyOutcome(outcome(run.run_id, 'b', { status: 'cancelled', error: failure(false) }), T0, noJitter);
    expect([...state.toSettle].map((t) => t.task_id)).toEqual(['c']);
  });

  it('retries with backoff up to the policy, and a lost attempt at once', () => {
    const run = submitted({
      tasks: [{ task_id: 'a', executor: 'noop', retry_policy: { max_retries: 1, retry_delay_seconds: 10 } }],
    });
    const state = stateWith(run);
    state.applyOutcome(outcome(run.run_id, 'a', { status: 'failed', error: failure(true) }), T0, () => 0.5);
    expect(state.ready.size).toBe(0);
    state.wakeDelayed(T0 + 4999);
    expect(state.ready.size).toBe(0);
    state.wakeDelayed(T0 + 5000);
    expect(state.ready.size).toBe(1);
    state.applyOutcome(outcome(run.run_id, 'a', { attempt: 2, status: 'lost', error: failure(true) }), T0, () => 0.5);
    expect(state.ready.size).toBe(1);
    state.applyOutcome(outcome(run.run_id, 'a', { attempt: 3, status: 'failed', error: failure(true) }), T0, noJitter);
    expect(state.finished.size).toBe(1);
  });

  it('cancels what waits, withdraws what is emitted, and starts nothing any more', () => {
    const run = submitted({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 5 }] });
    const state = stateWith(run);
    const fleet = fleetOf({ slots: 1 });
    expect(emit(state, fleet, T0, 10)).toHaveLength(2);
    state.applyRunMessage({ v: 1, run_id: run.run_id, at: run.at, kind: 'cancelled', reason: 'enough' }, T0);
    expect(state.toWithdraw.size).toBe(2);
    expect(state.toSettle.size).toBe(3);
    expect(emit(state, fleet, T0, 10)).toEqual([]);
    const [first] = state.toWithdraw;
    if (first === undefined) throw new Error('nothing to withdraw');
    state.applyOutcome(outcome(run.run_id, first.task_id, { status: 'lost', error: failure(true) }), T0, noJitter);
    expect(state.ready.size).toBe(0);
    expect(state.toSettle.has(first)).toBe(true);
  });

  it('cancels one task of a run, waiting or emitted; the others go on', () => {
    const run = submitted({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 5 }] });
    const state = stateWith(run);
    const emitted = emit(state, fleetOf({ slots: 1 }), T0, 10).map((e) => e.state.task_id);
    const [first = ''] = emitted;
    const waiting = [...(state.runs.get(run.run_id)?.tasks.keys() ?? [])].find((id) => !emitted.includes(id)) ?? '';
    const cancel = (task_id: string) =>
      state.applyRunMessage(
        { v: 1, run_id: run.run_id, at: run.at, kind: 'task_cancelled', task_id, reason: 'enough' },
        T0,
      );
    expect(cancel(waiting)).toEqual([]);
    expect([...state.toSettle].map(({ task_id, verdict }) => [task_id, verdict?.status])).toEqual([
      [waiting, 'cancelled'],
    ]);
    cancel(first);
    cancel(first);
    expect([...state.toWithdraw].map(({ task_id }) => task_id)).toEqual([first]);
    state.applyOutcome(outcome(run.run_id, first, { status: 'lost', error: failure(true) }), T0, noJitter);
    expect([...state.toSettle].map(({ task_id }) => task_id)).toEqual([waiting, first]);
    expect(cancel('nobody')).toMatchObject([{ path: 'task_id', code: 'unknown_task' }]);
    expect(state.runs.get(run.run_id)?.cancelled).toBeUndefined();
  });

  it('binds an each task to its pools and makes dependents wait for all copies', () => {
    const run = submitted({
      tasks: [
        { task_id: 'a', executor: 'noop', placement: 'each' },
        { task_id: 'b', executor: 'noop', depends_on: ['a'] },
      ],
    });
    const state = stateWith(run);
    const fleet = fleetOf({ pool: 'cpu-1' }, { pool: 'cpu-2' });
    const [binding] = planBindings(state, fleet, T0);
    expect(binding?.pools).toEqual(['cpu-1', 'cpu-2']);
    state.applyRunMessage(
      { v: 1, run_id: run.run_id, at: run.at, kind: 'bound', task_id: 'a', pools: binding?.pools ?? [] },
      T0,
    );
    const emitted = emit(state, fleet, T0, 10).map((e) => [e.state.task_id, e.pool]);
    expect(emitted.sort()).toEqual([
      ['a--cpu-1', 'cpu-1'],
      ['a--cpu-2', 'cpu-2'],
    ]);
    state.applyOutcome(outcome(run.run_id, 'a--cpu-1'), T0, noJitter);
    expect(emit(state, fleet, T0, 10)).toEqual([]);
    state.applyOutcome(outcome(run.run_id, 'a--cpu-2'), T0, noJitter);
    expect(emit(state, fleet, T0, 10).map((e) => e.state.task_id)).toEqual(['b']);
  });
});

describe('placement', () => {
  it('fills free slots of all pools before it prefetches', () => {
    const run = submitted({ tasks: [{ task_id: 'a', executor: 'noop', repetitions: 3 }] });
    const state = stateWith(run);
    const pools = emit(state, fleetOf({ pool: 'cpu-1' }, { pool: 'cpu-2' }), T0, 10).map((e) => e.pool);
    expect(pools.slice(0, 2).sort()).toEqual(['cpu-1', 'cpu-2']);
  });

  it('goes by priority, then by age', () => {
    const run = submitted({
      tasks: [
        { task_id: 'low', executor: 'noop', priority: 1 },
        { task_id: 'first', executor: 'noop', priority: 5 },
        { task_id: 'second', executor: 'noop', priority: 5, requirements: { hardware: ['cpu'] } },
      ],
    });
    const order = emit(stateWith(run), fleetOf({ slots: 2 }), T0, 10).map((e) => e.state.task_id);
    expect(order).toEqual(['first', 'second', 'low']);
  });

  it('reports what no pool can serve, and gives up after the timeout', () => {
    const run = submitted({
      tasks: [{ task_id: 'a', executor: 'noop', requirements: { hardware: ['tpu'] }, timeout_seconds: 10 }],
    });
    const state = stateWith(run);
    const fleet = fleetOf({});
    expect(findUnplaceable(state, fleet, T0)[0]?.reason).toMatch(/cpu-00000000: needs tpu, has cpu/);
    expect(findUnplaceable(state, fleet, T0)).toEqual([]);
    expireUnplaceable(state, fleet, T0 + 9_999);
    expect(state.toSettle.size).toBe(0);
    expireUnplaceable(state, fleet, T0 + 10_000);
    expect([...state.toSettle][0]?.verdict?.error).toMatchObject({ class: 'no_pool', code: 'NO_MATCHING_POOL' });
  });
});

describe('properties', () => {
  const statuses = ['completed', 'failed', 'timed_out', 'lost', 'cancelled'] as const;
  const dag = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((rows) =>
    rows.map((row, index) => ({
      task_id: `t${index}`,
      executor: 'noop' as const,
      priority: index % 3,
      retry_policy: { max_retries: index % 3, retry_delay_seconds: 0 },
      depends_on: index === 0 ? [] : [...new Set(row.map((n) => `t${n % index}`))],
    })),
  );

  const dependenciesOf = (tasks: Array<{ task_id: string; depends_on: string[] }>, id: string): string[] =>
    tasks.find(({ task_id }) => task_id === id)?.depends_on ?? [];

  it('ends every task exactly once, never starts one before its dependencies, never exceeds a pool', () => {
    fc.assert(
      fc.property(dag, fc.array(fc.constantFrom(...statuses), { maxLength: 60 }), fc.nat(3), (tasks, ends, slots) => {
        const run = submitted({ tasks });
        const state = stateWith(run);
        const fleet = fleetOf({ slots: slots + 1 });
        const running: OutcomeFacts[] = [];
        const completed = new Set<string>();
        for (let step = 0; step < 400 && state.finished.size === 0; step++) {
          for (const { state: task, pool } of emit(state, fleet, T0 + step, 3)) {
            expect(dependenciesOf(tasks, task.task_id).every((id) => completed.has(id))).toBe(true);
            const [only] = fleet.pools().values();
            expect(state.emittedIn(pool)).toBeLessThanOrEqual(only === undefined ? 0 : capacityOf(only));
            running.push(outcome(run.run_id, task.task_id, { attempt: task.attempt }));
          }
          for (const task of state.toSettle) {
            running.push(
              outcome(run.run_id, task.task_id, { attempt: task.attempt, status: task.verdict?.status ?? 'lost' }),
            );
          }
          const next = running.shift();
          if (next === undefined) continue;
          const status =
            next.status === 'completed' ? (ends[step % Math.max(1, ends.length)] ?? 'completed') : next.status;
          const ended = { ...next, status, error: status === 'completed' ? null : failure(true) };
          if (state.applyOutcome(ended, T0 + step, noJitter) && status === 'completed') completed.add(next.task_id);
          // Redelivery changes nothing.
          expect(state.applyOutcome(ended, T0 + step, noJitter)).toBe(false);
        }
        const [finished] = state.finished;
        expect(finished?.open).toBe(0);
        const { total, ...ended } = finished?.counts ?? { total: -1 };
        expect(Object.values(ended).reduce((sum, n) => sum + n, 0)).toBe(total);
      }),
      { numRuns: 200 },
    );
  });

  it('comes to the same state from a replay', () => {
    fc.assert(
      fc.property(
        dag,
        fc.array(fc.tuple(fc.nat(11), fc.integer({ min: 1, max: 3 }), fc.constantFrom(...statuses)), { maxLength: 60 }),
        (tasks, log) => {
          const run = submitted({ tasks });
          const outcomes = log.map(([index, attempt, status]) =>
            outcome(run.run_id, `t${index % tasks.length}`, {
              attempt,
              status,
              error: status === 'completed' ? null : failure(true),
            }),
          );
          const live = stateWith(run);
          const fleet = fleetOf({ slots: 2 });
          for (const o of outcomes) {
            emit(live, fleet, T0, 2);
            live.applyOutcome(o, T0, noJitter);
          }
          const replayed = stateWith(run, run);
          for (const o of outcomes) replayed.applyOutcome(o, T0, noJitter);
          for (const o of outcomes) replayed.applyOutcome(o, T0, noJitter);
          const summary = (s: SchedulerState) =>
            [...(s.runs.get(run.run_id)?.tasks.values() ?? [])].map((t) => [
              t.task_id,
              t.attempt,
              t.status,
              t.unmet,
              t.phase === 'emitted' ? 'ready' : t.phase,
            ]);
          expect(summary(replayed)).toEqual(summary(live));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the fleet', () => {
  it('counts a worker from its heartbeat until five seconds of silence', () => {
    const fleet = fleetOf({});
    expect(fleet.pools().size).toBe(1);
    expect(fleet.expire(T0 + 5000)).toEqual([]);
    expect(fleet.expire(T0 + 5001)).toMatchObject([{ kind: 'lost', worker_id: 'w0' }]);
    expect(fleet.pools().size).toBe(0);
  });

  it('tells a restart from a pause, and takes no jobs for one that drains', () => {
    const fleet = fleetOf({});
    expect(fleet.applyCapabilities(aWorker('w0', [aDevice()], 'boot-2'), T0)).toEqual([
      { kind: 'restarted', worker_id: 'w0' },
    ]);
    fleet.applyHeartbeat(aHeartbeat('w0', { boot_id: 'boot-2', state: 'draining' }), T0);
    expect(fleet.pools().size).toBe(0);
    expect(fleet.applyHeartbeat(aHeartbeat('w0', { boot_id: 'boot-2', state: 'left' }), T0)).toMatchObject([
      { kind: 'left' },
    ]);
  });
});
