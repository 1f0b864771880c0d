import type { OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { capacityOf, planEmissions } from '../placement/emit.ts';
import { mismatch } from '../placement/match.ts';
import { BUILT_IN } from '../placement/strategies/built-in.ts';
import type { Strategy } from '../placement/strategy.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import type { OutcomeFacts } from './attempt-end.ts';
import type { TaskState } from './model.ts';
import { SchedulerState } from './scheduler-state.ts';

/** What the pure core promises whatever comes, under every strategy. */

const strategies = Object.entries(BUILT_IN).map(([name, create]) => [name, () => create({})] as const);

const requirements = fc.record(
  {
    hardware: fc.constantFrom([], ['cpu'], ['cuda'], ['cuda', 'npu']),
    min_memory_gb: fc.constantFrom(0, 8, 32),
    min_cuda_compute: fc.constantFrom(7, 8.5),
    instruction_sets: fc.constantFrom([], ['avx2'], ['avx2', 'avx512']),
    labels: fc.constantFrom({}, { site: 'a' }, { site: 'b' }),
  },
  { requiredKeys: [] },
);

const device: fc.Arbitrary<Partial<Device>> = fc.record({
  class: fc.constantFrom('cpu', 'cuda', 'npu'),
  memory_gb: fc.constantFrom(null, 4, 16, 64),
  cuda_compute: fc.constantFrom(null, 7.5, 9),
  instruction_sets: fc.constantFrom([], ['avx2'], ['avx2', 'avx512']),
  labels: fc.constantFrom({}, { site: 'a' }, { site: 'b' }),
  slots: fc.integer({ min: 1, max: 3 }),
});

/** Tasks, each waiting for some that stand before it. */
const dag = fc
  .array(fc.record({ needs: requirements, after: fc.array(fc.nat(20), { maxLength: 3 }), always: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((rows) =>
    rows.map(({ needs, after, always }, index) => ({
      task_id: `t${index}`,
      executor: 'noop' as const,
      priority: index % 3,
      requirements: needs,
      run_when: always ? ('always' as const) : ('success' as const),
      retry_policy: { max_retries: index % 3, retry_delay_seconds: 0 },
      depends_on: index === 0 ? [] : [...new Set(after.map((n) => `t${n % index}`))],
    })),
  );

function fleetOf(devices: ReadonlyArray<Partial<Device>>): Fleet {
  const fleet = new Fleet(T0);
  for (const [index, over] of devices.entries()) {
    fleet.applyCapabilities(aWorker(`w${index}`, [aDevice({ ...over, pool: `p-${index}` })]), T0);
    fleet.applyHeartbeat(aHeartbeat(`w${index}`), T0);
  }
  return fleet;
}

function outcomeOf(task: TaskState, status: OutcomeStatus): OutcomeFacts {
  return facts(task.lane.run.submitted.run_id, task.task_id, task.attempt, status);
}

function facts(run_id: string, task_id: string, attempt: number, status: OutcomeStatus): OutcomeFacts {
  return {
    run_id,
    task_id,
    attempt,
    max_attempts: 1,
    status,
    error: status === 'completed' ? null : { class: 'bad_input', code: 'X', message: 'x', retriable: true },
    worker_id: null,
    pool: null,
    finished_at: new Date(T0).toISOString(),
  };
}

/** Workers that take jobs in order and end them one at a time, as `choose` says. */
class Workers {
  readonly queues = new Map<string, TaskState[]>();
  readonly running = new Map<string, TaskState[]>();

  take(pool: string, task: TaskState, slots: number): void {
    const queue = this.queues.get(pool) ?? [];
    this.queues.set(pool, queue);
    queue.push(task);
    this.#start(pool, slots);
  }

  end(choose: number, fleet: Fleet): TaskState | undefined {
    const busy = [...this.running].filter(([, tasks]) => tasks.length > 0);
    const [pool, tasks] = busy[choose % Math.max(1, busy.length)] ?? [];
    if (pool === undefined || tasks === undefined) return undefined;
    const [ended] = tasks.splice(choose % tasks.length, 1);
    this.#start(pool, fleet.pools().get(pool)?.slots ?? 0);
    return ended;
  }

  #start(pool: string, slots: number): void {
    const running = this.running.get(pool) ?? [];
    this.running.set(pool, running);
    while (running.length < slots) {
      const next = this.queues.get(pool)?.shift();
      if (next === undefined) return;
      running.push(next);
    }
  }
}

describe.each(strategies)('the core under %s', (_name, create) => {
  it('never violates a requirement, starts nothing before its dependencies, never exceeds a device, and ends all', () => {
    fc.assert(
      fc.property(
        dag,
        fc.array(device, { minLength: 1, maxLength: 4 }),
        fc.array(fc.constantFrom<OutcomeStatus>('completed', 'completed', 'failed', 'lost'), { minLength: 1 }),
        fc.integer(),
        (tasks, devices, statuses, seed) => {
          const run = submitted({ tasks });
          const state = new SchedulerState();
          expect(state.applyRunMessage(run, T0)).toEqual([]);
          const fleet = fleetOf(devices);
          const strategy = create();
          const random = createRandom(seed);
          const workers = new Workers();
          const over = new Map<string, OutcomeStatus>();
          for (let step = 0; step < 200; step++) {
            const now = T0 + step * 1000;
            state.wakeDelayed(now);
            for (const { state: task, pool } of planEmissions(state, fleet, strategy, now, 5)) {
              const serving = fleet.pools().get(pool);
              if (serving === undefined) throw new Error('emitted to a pool without workers');
              const { spec } = task.lane;
              expect(mismatch(spec, serving.offer)).toBeUndefined();
              expect(state.emittedIn(pool)).toBeLessThanOrEqual(capacityOf(serving));
              for (const id of tasks.find(({ task_id }) => task_id === task.task_id)?.depends_on ?? []) {
                if (spec.run_when === 'success') expect(over.get(id)).toBe('completed');
                else expect(over.has(id)).toBe(true);
              }
              workers.take(pool, task, serving.slots);
            }
            for (const [pool, running] of workers.running) {
              expect(running.length).toBeLessThanOrEqual(fleet.pools().get(pool)?.slots ?? 0);
            }
            for (const task of state.toSettle) {
              state.applyOutcome(outcomeOf(task, task.verdict?.status ?? 'lost'), now, random);
              if (task.phase === 'done') over.set(task.task_id, task.status ?? 'lost');
            }
            const ended = workers.end(Math.floor(random() * 1000), fleet);
            if (ended === undefined) continue;
            const status = statuses[step % statuses.length] ?? 'completed';
            const outcome = outcomeOf(ended, status);
            expect(state.applyOutcome(outcome, now, random)).toBe(true);
            expect(state.applyOutcome(outcome, now, random)).toBe(false);
            if (ended.phase === 'done') over.set(ended.task_id, ended.status ?? 'lost');
          }
          // What is left is what no pool can run, and what waits for that.
          for (const task of state.runs.get(run.run_id)?.tasks.values() ?? []) {
            if (task.phase === 'done') continue;
            expect(['ready', 'blocked']).toContain(task.phase);
            if (task.phase === 'ready') expect(task.lane.bucket.group.pools).toEqual([]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets nothing that was accepted too late go before a task, however urgent it is and however much comes', () => {
    const aging_ms = 1000;
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }), fc.nat(100), (priorities, own) => {
        const state = new SchedulerState({ aging_ms });
        const fleet = fleetOf([{}]);
        const strategy = create();
        const waits = submitted({ priority: own, tasks: [{ task_id: 'waits', executor: 'noop' }] });
        const started: TaskState[] = [];
        // For as long as it takes two tasks come while one is done.
        for (let step = 0; step < 300; step++) {
          const now = T0 + step * aging_ms;
          for (let n = 0; n < 2; n++) {
            const priority = priorities[(step + n) % priorities.length];
            state.applyRunMessage(
              {
                ...submitted({ priority, tasks: [{ task_id: 'other', executor: 'noop' }] }),
                at: new Date(now).toISOString(),
              },
              now,
            );
          }
          if (step === 0) state.applyRunMessage(waits, now);
          for (const { state: task } of planEmissions(state, fleet, strategy, now, 5)) started.push(task);
          const ended = [...state.pools.all][0]?.emitted.values().next().value;
          if (ended !== undefined) state.applyOutcome(outcomeOf(ended, 'completed'), now, () => 0);
          if (started.at(-1)?.task_id === 'waits') break;
        }
        const last = started.findIndex(({ task_id }) => task_id === 'waits');
        expect(last).toBeGreaterThanOrEqual(0);
        for (const before of started.slice(0, last)) {
          expect(before.lane.run.accepted_at_ms).toBeLessThan(T0 + (100 - own + 1) * aging_ms);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('gives tenants that always have work what their weights say', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }), (weights) => {
        const tenants = new Map(weights.map((weight, n) => [`tenant-${n}`, { weight }]));
        const state = new SchedulerState({ tenants });
        for (const name of tenants.keys()) {
          const run = submitted({
            tags: { tenant: name },
            tasks: [{ task_id: 't', executor: 'noop', repetitions: 500 }],
          });
          state.applyRunMessage(run, T0);
        }
        const served = serve(state, fleetOf([{ slots: 2 }]), create(), 400);
        const total = weights.reduce((a, b) => a + b, 0);
        for (const [n, weight] of weights.entries()) {
          const share = served.filter((task) => task.lane.tenant.name === `tenant-${n}`).length;
          // What is under way was charged for what it was expected to take, ten seconds, and takes one.
          expect(Math.abs(share - (400 * weight) / total)).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** Has so many tasks done, a second each. */
function serve(state: SchedulerState, fleet: Fleet, strategy: Strategy, count: number): TaskState[] {
  const served: TaskState[] = [];
  for (let step = 0; served.length < count; step++) {
    const now = T0 + step * 1000;
    for (const { state: task } of planEmissions(state, fleet, strategy, now, 10)) served.push(task);
    for (const pool of state.pools.all) {
      for (const task of [...pool.emitted].slice(0, pool.slots)) {
        state.applyOutcome(outcomeOf(task, 'completed'), now + 1000, () => 0);
      }
    }
  }
  return served;
}

describe('the fold', () => {
  it('comes to the same state in whatever order messages come that do not depend on each other, and with duplicates', () => {
    const status = fc.constantFrom<OutcomeStatus>('completed', 'completed', 'failed', 'lost', 'timed_out');
    fc.assert(
      fc.property(
        fc.array(dag, { minLength: 1, maxLength: 3 }),
        fc.array(status, { minLength: 5, maxLength: 60 }),
        fc.nat(4),
        fc.array(fc.integer(), { minLength: 2, maxLength: 2 }),
        (dags, statuses, cancelled, seeds) => {
          const log = logOf(dags, statuses, cancelled);
          const [first, second] = seeds.map((seed) => summaryOf(folded(log, createRandom(seed))));
          expect(second).toEqual(first);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never starts anything of a cancelled run again', () => {
    fc.assert(
      fc.property(
        dag,
        fc.nat(30),
        fc.array(fc.constantFrom<OutcomeStatus>('completed', 'failed', 'lost')),
        (tasks, when, ends) => {
          const run = submitted({ tasks });
          const state = new SchedulerState();
          state.applyRunMessage(run, T0);
          const fleet = fleetOf([{ slots: 2 }, { class: 'cuda', cuda_compute: 9, memory_gb: 64 }]);
          const strategy = BUILT_IN.fastest_completion?.({});
          if (strategy === undefined) throw new Error('no strategy');
          for (let step = 0; step < 60; step++) {
            const now = T0 + step * 1000;
            if (step === when) {
              state.applyRunMessage({ v: 1, run_id: run.run_id, at: run.at, kind: 'cancelled', reason: 'enough' }, now);
            }
            const emissions = planEmissions(state, fleet, strategy, now, 5);
            if (step >= when) expect(emissions).toEqual([]);
            // A withdrawn job comes back, or its outcome comes.
            for (const task of [...state.toWithdraw].slice(0, 1)) state.returnToReady(task, now);
            for (const pool of state.pools.all) {
              const [task] = pool.emitted;
              if (task !== undefined)
                state.applyOutcome(outcomeOf(task, ends[step % ends.length] ?? 'completed'), now, () => 0);
            }
            if (step < when) continue;
            for (const task of state.toSettle) state.applyOutcome(outcomeOf(task, 'cancelled'), now, () => 0);
          }
          expect(state.finished.size).toBe(when < 60 ? 1 : state.finished.size);
        },
      ),
      { numRuns: 60 },
    );
  });
});

interface Entry {
  apply(state: SchedulerState): void;
  /** Places of the entries that it needs before it. */
  after: number[];
}

/** What a scheduler could have written down: runs, maybe the end of one, and outcomes, each with what it follows from. */
function logOf(
  dags: ReadonlyArray<ReadonlyArray<{ task_id: string; depends_on: string[] }>>,
  statuses: OutcomeStatus[],
  cancelled: number,
): Entry[] {
  const state = new SchedulerState();
  const log: Entry[] = [];
  const last = new Map<string, number>();
  const write = (entry: Entry): number => {
    entry.apply(state);
    return log.push(entry) - 1;
  };
  for (const [number, tasks] of dags.entries()) {
    const run = submitted({ tasks }, `00000000-0000-7000-8000-00000000000${number}`);
    const place = write({ apply: (each) => void each.applyRunMessage(run, T0), after: [] });
    if (number === cancelled) {
      const message = { v: 1, run_id: run.run_id, at: run.at, kind: 'cancelled', reason: 'enough' } as const;
      write({ apply: (each) => void each.applyRunMessage(message, T0), after: [place] });
    }
    for (const { task_id } of tasks) last.set(`${run.run_id} ${task_id}`, place);
  }
  for (const status of statuses) {
    const next = [...state.runs.values()]
      .flatMap((run) => [...run.tasks.values()])
      .find((task) => task.phase === 'ready' || task.phase === 'settling');
    if (next === undefined) break;
    const { run_id } = next.lane.run.submitted;
    const outcome = outcomeOf(next, next.phase === 'settling' ? (next.verdict?.status ?? 'lost') : status);
    const spec = dags.flat().find(({ task_id }) => task_id === next.task_id);
    const needed = [next.task_id, ...(spec?.depends_on ?? [])].map((id) => last.get(`${run_id} ${id}`) ?? 0);
    const place = write({ apply: (each) => void each.applyOutcome(outcome, T0, () => 0), after: needed });
    last.set(`${run_id} ${next.task_id}`, place);
  }
  return log;
}

/** The state after the log in a random order that keeps what follows from what, with every third entry again later. */
function folded(log: readonly Entry[], random: () => number): SchedulerState {
  const state = new SchedulerState();
  const applied = new Set<number>();
  while (applied.size < log.length) {
    const open = log.flatMap((entry, place) =>
      !applied.has(place) && entry.after.every((before) => applied.has(before)) ? [place] : [],
    );
    const place = open[Math.floor(random() * open.length)];
    if (place === undefined) throw new Error('the log needs itself');
    log[place]?.apply(state);
    applied.add(place);
    const again = [...applied][Math.floor(random() * applied.size)];
    if (random() < 1 / 3 && again !== undefined) log[again]?.apply(state);
  }
  return state;
}

function summaryOf(state: SchedulerState): unknown {
  return [...state.runs.values()]
    .map((run) => ({
      run: run.submitted.run_id,
      cancelled: run.cancelled,
      counts: run.counts,
      open: run.open,
      tasks: [...run.tasks.values()].map(({ task_id, phase, attempt, status, unmet }) => [
        task_id,
        phase,
        attempt,
        status,
        unmet,
      ]),
    }))
    .sort((a, b) => (a.run < b.run ? -1 : 1));
}
