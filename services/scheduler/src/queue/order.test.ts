import { request } from '@benchwire/shared/contracts/request.ts';
import type { Reservation } from '@benchwire/shared/contracts/scheduler.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { planEmissions, viewOf } from '../placement/emit.ts';
import { planSteals } from '../placement/steal.ts';
import { FastestCompletion } from '../placement/strategies/fastest-completion.ts';
import { explain, taskNamed } from '../placement/why.ts';
import type { OutcomeFacts } from '../state/attempt-end.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import type { StateOptions } from '../state/state-options.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { missDeadlines } from './deadlines.ts';

const MINUTE = 60_000;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A state and a fleet of one-slot pools, with what a test needs to know of them. */
class Bench {
  readonly state: SchedulerState;
  readonly fleet = new Fleet(T0);
  readonly #strategy = new FastestCompletion();

  constructor(options: Partial<StateOptions> = {}, devices: Array<Partial<Device>> = [{}]) {
    this.state = new SchedulerState(options);
    for (const [index, over] of devices.entries()) {
      this.fleet.applyCapabilities(aWorker(`w${index}`, [aDevice({ pool: `cpu-${index}`, ...over })]), T0);
      this.fleet.applyHeartbeat(aHeartbeat(`w${index}`), T0);
    }
  }

  submit(body: unknown, at = T0): string {
    const message = { ...submitted(request.parse(body)), at: iso(at) };
    expect(this.state.applyRunMessage(message, at)).toEqual([]);
    return message.run_id;
  }

  emit(now = T0, maximum = 100): string[] {
    return planEmissions(this.state, this.fleet, this.#strategy, now, maximum).map(({ state }) => state.task_id);
  }

  /** What one slot does one after the other until nothing is left. */
  drain(now = T0): string[] {
    const order: string[] = [];
    for (;;) {
      const emitted = this.emit(now, 1);
      order.push(...emitted);
      const running = [...this.state.pools.all].flatMap((pool) => [...pool.emitted]);
      if (running.length === 0) return order;
      for (const task of running) this.end(task.lane.run.submitted.run_id, task.task_id, 'completed', now);
    }
  }

  end(run_id: string, task_id: string, status: OutcomeFacts['status'], now = T0): void {
    const error =
      status === 'completed' ? null : { class: 'bad_input' as const, code: 'X', message: 'x', retriable: false };
    const facts = { run_id, task_id, attempt: 1, max_attempts: 1, status, error, worker_id: null, pool: null };
    this.state.applyOutcome({ ...facts, finished_at: iso(now) }, now, () => 0);
  }

  learn(run_id: string, task_id: string, pool: string, seconds: number): void {
    const workload = this.state.runs.get(run_id)?.tasks.get(task_id)?.lane.bucket.workload ?? '';
    for (let n = 0; n < 8; n++) this.state.run_times.observe(workload, pool, 'cpu', seconds, n);
  }
}

function noop(task_id: string, over: Record<string, unknown> = {}): Record<string, unknown> {
  return { task_id, executor: 'noop', ...over };
}

describe('the order', () => {
  it('goes by priority, until waiting outweighs it', () => {
    const bench = new Bench({ aging_ms: MINUTE });
    bench.submit({ priority: 1, tasks: [noop('old')] }, T0);
    bench.submit({ priority: 3, tasks: [noop('soon')] }, T0 + MINUTE);
    bench.submit({ priority: 3, tasks: [noop('late')] }, T0 + 4 * MINUTE);
    expect(bench.drain(T0 + 4 * MINUTE)).toEqual(['soon', 'old', 'late']);
  });

  it('takes the earliest deadline first among equally urgent tasks, and no deadline last', () => {
    const bench = new Bench();
    bench.submit({ tasks: [noop('none'), noop('tomorrow', { deadline: iso(T0 + 86_400_000) })] });
    bench.submit({ deadline: iso(T0 + 3_600_000), tasks: [noop('today'), noop('urgent', { priority: 1 })] });
    expect(bench.drain()).toEqual(['urgent', 'today', 'tomorrow', 'none']);
  });

  it('shares between tenants, however much one of them has', () => {
    const bench = new Bench();
    bench.submit({ tags: { tenant: 'a' }, tasks: [noop('a', { repetitions: 6 })] });
    bench.submit({ tags: { tenant: 'b' }, tasks: [noop('b', { repetitions: 2 })] });
    expect(
      bench
        .drain()
        .slice(0, 4)
        .map((id) => id[0])
        .sort(),
    ).toEqual(['a', 'a', 'b', 'b']);
  });

  it('keeps to the limits of a run and of a tenant, and goes on when they allow it', () => {
    const bench = new Bench({ tenants: new Map([['a', { max_running: 3 }]]) }, [{ slots: 8 }]);
    const run_id = bench.submit({ max_running: 2, tasks: [noop('r', { repetitions: 4 })] });
    expect(bench.emit()).toHaveLength(2);
    expect(bench.emit()).toEqual([]);
    bench.end(run_id, 'r-r1', 'completed');
    expect(bench.emit()).toEqual(['r-r3']);
    bench.submit({ tags: { tenant: 'a' }, tasks: [noop('t', { repetitions: 9 })] });
    expect(bench.emit()).toHaveLength(3);
  });
});

describe('dependencies and deadlines', () => {
  it('runs a task that runs always after a failure, and skips the others', () => {
    const bench = new Bench({}, [{ slots: 4 }]);
    const run_id = bench.submit({
      tasks: [
        noop('a'),
        noop('then', { depends_on: ['a'] }),
        noop('always', { depends_on: ['a', 'then'], run_when: 'always' }),
      ],
    });
    bench.emit();
    bench.end(run_id, 'a', 'failed');
    expect([...bench.state.toSettle].map(({ task_id }) => task_id)).toEqual(['then']);
    expect(bench.emit()).toEqual([]);
    bench.end(run_id, 'then', 'cancelled');
    expect(bench.emit()).toEqual(['always']);
  });

  it('tells of a missed deadline once, and ends the tasks that want it', () => {
    const bench = new Bench();
    const run_id = bench.submit({
      deadline: iso(T0 + MINUTE),
      tasks: [noop('goes-on'), noop('ends', { on_missed_deadline: 'end', repetitions: 3 })],
    });
    bench.emit(T0, 1);
    expect(missDeadlines(bench.state, T0 + MINUTE - 1)).toEqual([]);
    const missed = missDeadlines(bench.state, T0 + MINUTE);
    expect(missed.map(({ sample, tasks }) => [sample.lane.spec.base_task_id, tasks])).toEqual([
      ['goes-on', 1],
      ['ends', 3],
    ]);
    expect(missDeadlines(bench.state, T0 + 2 * MINUTE)).toEqual([]);
    expect([...bench.state.toSettle].map(({ verdict }) => verdict?.error?.code)).toEqual(
      Array(3).fill('DEADLINE_MISSED'),
    );
    expect(bench.state.find({ run_id, task_id: 'goes-on', attempt: 1 })?.phase).toBe('emitted');
  });
});

describe('reservations', () => {
  const reservation: Reservation = {
    v: 1,
    id: 'r1',
    pool: 'cpu-0',
    tenant: 'a',
    run_id: null,
    from: iso(T0 + 10 * MINUTE),
    until: iso(T0 + 20 * MINUTE),
    made_at: iso(T0),
  };

  it('let only those in whom they are for, and nobody who would run into them', () => {
    const bench = new Bench();
    bench.state.reservations.apply(reservation);
    const other = bench.submit({ tasks: [noop('other')] });
    bench.learn(other, 'other', 'cpu-0', 60);
    // Would end at minute 10 and a half.
    expect(bench.emit(T0 + 9.5 * MINUTE)).toEqual([]);
    expect(bench.emit(T0 + 15 * MINUTE)).toEqual([]);
    const own = bench.submit({ tags: { tenant: 'a' }, tasks: [noop('own')] });
    expect(bench.emit(T0 + 16 * MINUTE)).toEqual(['own']);
    bench.end(own, 'own', 'completed', T0 + 17 * MINUTE);
    expect(bench.emit(T0 + 17 * MINUTE)).toEqual([]);
    expect(bench.emit(T0 + 20 * MINUTE)).toEqual(['other']);
  });

  it('do not overlap, and end', () => {
    const { reservations } = new Bench().state;
    reservations.apply(reservation);
    expect(reservations.conflictOf({ ...reservation, id: 'r2', from: iso(T0 + 19 * MINUTE) })?.id).toBe('r1');
    expect(
      reservations.conflictOf({ ...reservation, id: 'r2', from: reservation.until, until: iso(T0 + 9e6) }),
    ).toBeUndefined();
    expect(reservations.past(T0 + 20 * MINUTE)).toHaveLength(1);
    reservations.remove('r1');
    expect(reservations.all).toEqual([]);
  });
});

describe('stealing', () => {
  it('moves what stands behind others to a pool that idles, and only what gains by it', () => {
    const bench = new Bench();
    const run_id = bench.submit({ tasks: [noop('t', { repetitions: 3 })] });
    // Nothing is known of it, so one is put behind the first.
    expect(bench.emit()).toHaveLength(2);
    bench.learn(run_id, 't-r1', 'cpu-0', 10);
    bench.fleet.applyCapabilities(aWorker('w9', [aDevice({ pool: 'cpu-9' })]), T0);
    bench.fleet.applyHeartbeat(aHeartbeat('w9'), T0);
    expect(bench.emit(T0 + 1000)).toEqual(['t-r3']);
    bench.end(run_id, 't-r3', 'completed', T0 + 1500);
    expect(bench.emit(T0 + 1500)).toEqual([]);
    expect(planSteals(bench.state, viewOf(bench.state), T0 + 1500).map(({ task_id }) => task_id)).toEqual(['t-r2']);
    const moved = taskNamed(bench.state.runs.get(run_id) as never, 't-r2');
    if (moved === undefined) throw new Error('no such task');
    bench.state.returnToReady(moved, T0 + 1600);
    expect(bench.emit(T0 + 1600)).toEqual(['t-r2']);
    expect(moved.emission?.pool.name).toBe('cpu-9');
    // In its first queue it would be done hardly later.
    expect(planSteals(bench.state, viewOf(bench.state), T0 + 1700)).toEqual([]);
  });
});

describe('why', () => {
  it('says for each pool why it fits or not, what goes before, and when it may start', () => {
    const bench = new Bench({}, [{}, { class: 'cuda', pool: 'cuda-1', cuda_compute: 9 }]);
    const run_id = bench.submit({
      tasks: [noop('t', { repetitions: 4, requirements: { hardware: ['cpu'] } }), noop('after', { depends_on: ['t'] })],
    });
    bench.learn(run_id, 't-r1', 'cpu-0', 30);
    expect(bench.emit()).toEqual(['t-r1']);
    const run = bench.state.runs.get(run_id);
    if (run === undefined) throw new Error('no run');
    const task = taskNamed(run, 't-r4');
    const blocked = taskNamed(run, 'after');
    if (task === undefined || blocked === undefined) throw new Error('no task');
    const why = explain(bench.state, bench.fleet, task, 'ready', T0);
    expect(why).toMatchObject({ ahead: 2, expected_start_basis: 'pool', expected_start: iso(T0 + 90_000) });
    expect(why.pools).toMatchObject([
      { pool: 'cpu-0', reason: null, wait_seconds: 30, run_seconds: 30, basis: 'pool' },
      { pool: 'cuda-1', reason: 'needs cpu, has cuda', wait_seconds: null },
    ]);
    const waits = explain(bench.state, bench.fleet, blocked, 'blocked', T0);
    expect(waits).toMatchObject({ waits_for_count: 4, expected_start: null });
    expect(waits.waits_for).toContain('t-r1');
  });

  it('does not guess where nothing is known', () => {
    const bench = new Bench();
    const run_id = bench.submit({ tasks: [noop('t', { repetitions: 4 })] });
    bench.emit();
    const task = bench.state.runs.get(run_id)?.tasks.get('t-r4');
    if (task === undefined) throw new Error('no task');
    expect(explain(bench.state, bench.fleet, task, 'ready', T0)).toMatchObject({
      expected_start: null,
      expected_start_basis: 'unknown',
      pools: [{ run_seconds: null }],
    });
  });
});
