import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { planEmissions } from '../placement/emit.ts';
import { mismatch } from '../placement/match.ts';
import { fifo } from '../placement/strategies/fifo.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { type Demand, demandOf } from './demand.ts';

function fleetOf(...devices: Array<Partial<Device>>): Fleet {
  const fleet = new Fleet(T0);
  for (const [index, device] of devices.entries()) {
    fleet.applyCapabilities(aWorker(`w${index}`, [aDevice(device)]), T0);
    fleet.applyHeartbeat(aHeartbeat(`w${index}`), T0);
  }
  return fleet;
}

function stateWith(tasks: object[], now = T0): SchedulerState {
  const state = new SchedulerState();
  expect(state.applyRunMessage(submitted({ tasks }), now)).toEqual([]);
  return state;
}

const sleeping = (sleep_ms: number, over: object = {}): object => ({
  task_id: `sleep-${sleep_ms}`,
  executor: 'noop',
  config: { sleep_ms },
  ...over,
});

/** The workload of the waiting tasks that sleep so long. */
function workloadOf(state: SchedulerState, sleep_ms: number): string {
  for (const run of state.runs.values()) {
    for (const { lane } of run.tasks.values()) {
      if ('sleep_ms' in lane.spec.config && lane.spec.config.sleep_ms === sleep_ms) return lane.bucket.workload;
    }
  }
  throw new Error(`no task sleeps ${sleep_ms} ms`);
}

function only(demand: Demand): PoolDemand {
  expect(demand.pools).toHaveLength(1);
  return demand.pools[0] as PoolDemand;
}

describe('the demand of a pool', () => {
  it('adds up what waits, is emitted and runs', () => {
    const fleet = fleetOf({ slots: 2 }, { slots: 2 });
    const state = stateWith([sleeping(1, { repetitions: 10 })]);
    expect(planEmissions(state, fleet, fifo(), T0, 3)).toHaveLength(3);
    fleet.applyHeartbeat(aHeartbeat('w1', { running: { 'cpu-0': ['a', 'b'] } }), T0);
    const { run_times } = state;
    run_times.observe(workloadOf(state, 1), 'cpu-00000000', 'cpu', 2.5, 1);
    expect(only(demandOf(state, fleet, T0 + 7000))).toEqual({
      pool: 'cpu-00000000',
      class: 'cpu',
      workers: 2,
      slots: 4,
      waiting: 7,
      emitted: 3,
      running: 2,
      oldest_wait_seconds: 7,
      expected_work_seconds: 25,
      unknown_work_tasks: 0,
    });
  });

  it('says how many tasks of unknown length are not in the expected work', () => {
    const state = stateWith([sleeping(1, { repetitions: 4 }), sleeping(2, { repetitions: 3 })]);
    const { run_times } = state;
    run_times.observe(workloadOf(state, 1), 'cpu-00000000', 'cpu', 10, 1);
    expect(only(demandOf(state, fleetOf({}), T0))).toMatchObject({
      expected_work_seconds: 40,
      unknown_work_tasks: 3,
    });
  });

  it('is expected from each pool at its own speed', () => {
    const state = stateWith([sleeping(1, { repetitions: 4 })]);
    const fleet = fleetOf({ pool: 'cpu-1' }, { pool: 'cpu-2' }, { pool: 'cpu-3' }, { pool: 'cuda-1', class: 'cuda' });
    const { run_times } = state;
    const workload = workloadOf(state, 1);
    run_times.observe(workload, 'cpu-1', 'cpu', 10, 1);
    run_times.observe(workload, 'cpu-2', 'cpu', 30, 2);
    run_times.observeTimeout(workload, 'cpu-3', 100);
    const { pools } = demandOf(state, fleet, T0);
    expect(pools.map(({ pool, expected_work_seconds }) => [pool, expected_work_seconds])).toEqual([
      ['cpu-1', 40],
      ['cpu-2', 120],
      ['cpu-3', 400],
      ['cuda-1', 80],
    ]);
  });

  it('waits as long as its oldest ready task, and not at all when none is ready', () => {
    const state = stateWith([sleeping(1)], T0);
    state.applyRunMessage(submitted({ tasks: [sleeping(2)] }), T0 + 60_000);
    const at = (): number => only(demandOf(state, fleetOf({}), T0 + 90_000)).oldest_wait_seconds;
    expect(at()).toBe(90);
    const [first] = [...state.runs.values()].flatMap((run) => [...run.tasks.values()]);
    if (first === undefined) throw new Error('nothing waits');
    state.markEmitted(first, 'cpu-00000000', 0, T0);
    expect(at()).toBe(30);
    expect(only(demandOf(new SchedulerState(), fleetOf({}), T0)).oldest_wait_seconds).toBe(0);
  });

  it('is what a count task by task comes to', () => {
    const classes = ['cpu', 'cuda'] as const;
    const device = fc.record({
      pool: fc.nat(3).map((n) => `${classes[n % 2]}-${n}`),
      slots: fc.integer({ min: 1, max: 3 }),
    });
    const task = fc.record({
      sleep_ms: fc.nat(4),
      hardware: fc.subarray([...classes]),
      repetitions: fc.integer({ min: 1, max: 5 }),
    });
    const observation = fc.tuple(fc.nat(4), fc.nat(3), fc.double({ min: 0, max: 1000, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(device, { maxLength: 5 }),
        fc.array(task, { maxLength: 8 }),
        fc.array(observation, { maxLength: 20 }),
        fc.nat(12),
        (devices, specs, observations, emissions) => {
          const fleet = fleetOf(
            ...devices.map((d) => ({ ...d, class: d.pool.startsWith('cuda') ? 'cuda' : 'cpu' }) as const),
          );
          const tasks = specs.map(({ sleep_ms, hardware, repetitions }, index) =>
            sleeping(sleep_ms, { task_id: `t${index}`, repetitions, requirements: { hardware } }),
          );
          const state = specs.length === 0 ? new SchedulerState() : stateWith(tasks);
          const { run_times } = state;
          const workloads = new Map(
            [...state.runs.values()].flatMap((run) =>
              [...run.tasks.values()].map(({ lane }) => [
                (lane.spec.config as { sleep_ms: number }).sleep_ms,
                lane.bucket.workload,
              ]),
            ),
          );
          for (const [order, [sleep_ms, n, seconds, completed]] of observations.entries()) {
            const workload = workloads.get(sleep_ms);
            if (workload === undefined) continue;
            if (completed) run_times.observe(workload, `${classes[n % 2]}-${n}`, classes[n % 2], seconds, order);
            else run_times.observeTimeout(workload, `${classes[n % 2]}-${n}`, seconds);
          }
          planEmissions(state, fleet, fifo(), T0, emissions);

          const demand = demandOf(state, fleet, T0);
          const all = [...state.runs.values()].flatMap((run) => [...run.tasks.values()]);
          const ready = all.filter(({ phase }) => phase === 'ready');
          for (const pool of fleet.pools().values()) {
            const waiting = ready.filter((t) => mismatch(t.lane.spec, pool.offer) === undefined);
            const work = [...waiting, ...all.filter((t) => t.emission?.pool.name === pool.pool)].map((t) =>
              run_times.expect(t.lane.bucket.workload, pool.pool, pool.offer.class),
            );
            const found = demand.pools.find((each) => each.pool === pool.pool);
            expect(found?.waiting).toBe(waiting.length);
            expect(found?.unknown_work_tasks).toBe(work.filter((expected) => expected === undefined).length);
            expect(found?.expected_work_seconds).toBeCloseTo(
              work.reduce((sum, e) => sum + (e?.seconds ?? 0), 0),
              2,
            );
          }
          const unserved = ready.filter(
            (t) => ![...fleet.pools().values()].some((p) => mismatch(t.lane.spec, p.offer) === undefined),
          );
          expect(demand.unplaceable).toBe(unserved.length);
          expect(demand.unserved.reduce((sum, { tasks: n }) => sum + n, 0)).toBe(unserved.length);
        },
      ),
    );
  });
});

describe('the demand without a pool', () => {
  it('says what is needed, so that the first worker of a kind can be started', () => {
    const requirements = { hardware: ['cuda'], min_memory_gb: 8, labels: { site: 'lab' } };
    const state = stateWith([
      sleeping(1, { repetitions: 3, requirements }),
      sleeping(2, { placement: 'each', requirements: { hardware: ['npu'] } }),
      { task_id: 'c', executor: 'command', config: { command: ['python3', 'x.py'] } },
      sleeping(4),
    ]);
    const demand = demandOf(state, fleetOf({}), T0 + 5000);
    expect(only(demand).waiting).toBe(1);
    expect(demand.unplaceable).toBe(4);
    expect(demand.unserved).toMatchObject([
      { executor: 'noop', program: null, requirements, pool: null, tasks: 3, oldest_wait_seconds: 5 },
      { executor: 'command', program: 'python3', tasks: 1 },
      { executor: 'noop', requirements: { hardware: ['npu'] }, tasks: 1 },
    ]);
  });
});
