import type { PoolStatus } from '@benchwire/shared/contracts/status.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Autoscaler, type ScalingPolicy, usualPolicy, workersFor } from './autoscale.ts';
import { stepsTo, type WorkerView } from './autoscale-steps.ts';
import { identityOf } from './own-worker.ts';

const policy: ScalingPolicy = { ...usualPolicy, min: 1, max: 4 };

function pool(over: Partial<PoolStatus> = {}): PoolStatus {
  return {
    pool: 'cpu-1',
    class: 'cpu',
    workers: 1,
    slots: 1,
    emitted: 0,
    waiting: 0,
    running: 0,
    oldest_wait_seconds: 0,
    expected_work_seconds: 0,
    unknown_work_tasks: 0,
    ...over,
  };
}

describe('what a demand asks for', () => {
  it.each([
    ['nothing', {}, 0],
    ['one task', { waiting: 1, expected_work_seconds: 1000 }, 1],
    ['more work than one does in time', { waiting: 50, emitted: 2, expected_work_seconds: 100 }, 4],
    ['less work than one does in time', { waiting: 50, emitted: 2, expected_work_seconds: 29 }, 1],
    ['long tasks, but few', { waiting: 1, emitted: 2, expected_work_seconds: 9000 }, 3],
    ['tasks of unknown length', { waiting: 3, emitted: 2, unknown_work_tasks: 5 }, 5],
    ['some of unknown length', { waiting: 8, emitted: 2, expected_work_seconds: 29, unknown_work_tasks: 2 }, 3],
    ['four slots a worker', { slots: 8, workers: 2, waiting: 14, emitted: 2, expected_work_seconds: 9000 }, 4],
    ['more that is running than is left to do', { running: 3, emitted: 3, expected_work_seconds: 5 }, 3],
    ['tasks that wait although they should not', { waiting: 6, expected_work_seconds: 6, oldest_wait_seconds: 31 }, 6],
    ['a scheduler that knows no run times', { waiting: 6, expected_work_seconds: undefined }, 6],
  ] as Array<[string, Partial<PoolStatus>, number]>)('%s', (_, over, expected) => {
    expect(workersFor(pool(over), 30).workers).toBe(expected);
  });

  it('is never more than there are tasks, nor less than are running', () => {
    const counts = fc.nat(500);
    fc.assert(
      fc.property(
        counts,
        counts,
        counts,
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (waiting, emitted, running, seconds, workers) => {
          const need = workersFor(
            pool({ waiting, emitted, running, workers, slots: workers, expected_work_seconds: seconds }),
            30,
          );
          expect(need.workers).toBeLessThanOrEqual(Math.max(waiting + emitted, running));
          expect(need.workers).toBeGreaterThanOrEqual(Math.max(running, waiting + emitted > 0 ? 1 : 0));
        },
      ),
    );
  });
});

/** Applies the target at once, second by second; returns how many workers there were. */
function follow(autoscaler: Autoscaler, needs: Array<number | undefined>, begin_s = 0, current = 1): number[] {
  const counts: number[] = [];
  let workers = current;
  for (const [second, need] of needs.entries()) {
    workers = autoscaler.target(workers, need, (begin_s + second) * 1000);
    counts.push(workers);
  }
  return counts;
}

const changes = (counts: readonly number[]): number => counts.filter((n, i) => i > 0 && n !== counts[i - 1]).length;
const times = <T>(n: number, value: T): T[] => new Array<T>(n).fill(value);

describe('the number of workers', () => {
  const needs = fc.array(fc.option(fc.nat(10), { nil: undefined }), { minLength: 1, maxLength: 120 });

  it('grows when more are needed for two seconds, and shrinks after half a minute', () => {
    expect(follow(new Autoscaler(policy), [...times(4, 3), ...times(40, 0)])).toEqual([
      ...times(2, 1),
      // Needed in seconds 0 to 3, which is forgotten 30 s after the last of them.
      ...times(32, 3),
      ...times(10, 1),
    ]);
  });

  it('does not answer to a queue that empties by itself', () => {
    expect(changes(follow(new Autoscaler(policy), [0, 4, 4, 0, 0, 0, 4, 0, 0]))).toBe(0);
  });

  it('stays between the smallest and the largest number allowed', () => {
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 5 }), fc.nat(5), (sequence, min, more) => {
        const counts = follow(new Autoscaler({ ...policy, min, max: min + more }), sequence, 0, min);
        expect(counts.every((n) => n >= min && n <= min + more)).toBe(true);
      }),
    );
  });

  it('does not flap: a constant demand takes it straight to its number, up in seconds, and there it stays', () => {
    fc.assert(
      fc.property(needs, fc.nat(10), (before, constant) => {
        const autoscaler = new Autoscaler(policy);
        const start = follow(autoscaler, before).at(-1) ?? 1;
        const counts = [start, ...follow(autoscaler, times(120, constant), before.length, start)];
        const end = Math.min(policy.max, Math.max(policy.min, constant));
        for (const [i, n] of counts.slice(1).entries()) {
          const previous = counts[i] ?? start;
          expect(end >= start ? n >= previous && n <= end : n <= previous && n >= end).toBe(true);
        }
        if (end > start) expect(counts[4]).toBe(end);
        expect(counts.slice(32).every((n) => n === end)).toBe(true);
      }),
    );
  });

  it('comes down to the minimum once nothing is to be done, and not sooner than the cool-down', () => {
    fc.assert(
      fc.property(needs, (before) => {
        const autoscaler = new Autoscaler(policy);
        const start = follow(autoscaler, [...before, 4, 4, 4]).at(-1) ?? 1;
        expect(start).toBe(4);
        const after = follow(autoscaler, times(60, 0), before.length + 3, start);
        expect(after.slice(0, 29).every((n) => n === 4)).toBe(true);
        expect(after.at(-1)).toBe(1);
      }),
    );
  });

  it('stays as it is while nobody tells the demand, and begins anew after a silence', () => {
    const autoscaler = new Autoscaler(policy);
    const counts = follow(autoscaler, [...times(5, 3), ...times(100, undefined), ...times(32, 0)]);
    expect(counts[104]).toBe(3);
    expect(counts[134]).toBe(3);
    expect(counts[135]).toBe(1);
  });

  it('puts starts off after failures, twice as long each time, at most five minutes', () => {
    const autoscaler = new Autoscaler(policy);
    const waits = Array.from({ length: 9 }, () => autoscaler.failed(0) / 1000);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect([autoscaler.mayStart(299_999), autoscaler.mayStart(300_000)]).toEqual([false, true]);
    autoscaler.started();
    expect(autoscaler.mayStart(0)).toBe(true);
    expect(autoscaler.failed(0)).toBe(5000);
  });
});

describe('the steps to a number of workers', () => {
  const states = fc.constantFrom<WorkerView['state']>('starting', 'ready', 'draining');
  const someWorkers = fc
    .array(fc.record({ state: states, running: fc.option(fc.nat(3), { nil: undefined }) }), { maxLength: 8 })
    .map((list) => list.map((each, n): WorkerView => ({ name: `worker-${n + 1}`, ...each })));

  it('never stop a worker that runs something or takes jobs, and start none while one can be taken back', () => {
    fc.assert(
      fc.property(someWorkers, fc.nat(8), (workers, target) => {
        const steps = stepsTo(target, workers);
        const find = (name: string): WorkerView | undefined => workers.find((worker) => worker.name === name);
        for (const name of steps.stop) expect(find(name)).toMatchObject({ state: 'draining', running: 0 });
        for (const name of steps.drain) expect(find(name)?.state).toBe('ready');
        const draining = workers.filter(({ state }) => state === 'draining').length;
        expect(steps.start === 0 || steps.resume.length === draining).toBe(true);
        const active = workers.length - draining + steps.start + steps.resume.length - steps.drain.length;
        const starting = workers.filter(({ state }) => state === 'starting').length;
        // One that is only starting is not drained before it is there.
        expect(active).toBe(Math.max(target, Math.min(starting, workers.length - draining)));
        expect(steps.stop.some((name) => steps.resume.includes(name))).toBe(false);
      }),
    );
  });

  it('drain the idle before the busy, the youngest first, and those that do not answer last', () => {
    const workers: WorkerView[] = [
      { name: 'silent', state: 'ready', running: undefined },
      { name: 'busy', state: 'ready', running: 1 },
      { name: 'idle', state: 'ready', running: 0 },
      { name: 'idle too', state: 'ready', running: 0 },
    ];
    expect(stepsTo(3, workers).drain).toEqual(['idle too']);
    expect(stepsTo(1, workers).drain).toEqual(['idle too', 'idle', 'busy']);
  });
});

describe('what a worker tells the process that started it', () => {
  const device = {
    ...{ device_id: 'cpu-0', class: 'cpu', name: 'cpu', fingerprint: 'f', pool: 'cpu-01234567', memory_gb: 1 },
    ...{ cuda_compute: null, slots: 1, executors: ['noop'], commands: [], labels: {}, environment: {} },
  };
  const registered = {
    ...{ v: 1, worker_id: 'worker-a-2', boot_id: 'b', hostname: 'h', started_at: '2026-01-01T00:00:00.000Z' },
    ...{ version: '0', devices: [device, { ...device, device_id: 'cuda-0', class: 'cuda', pool: 'cuda-01234567' }] },
  };
  it('says who it is and which pools it is in', () => {
    expect(identityOf({ registered })).toEqual({
      worker_id: 'worker-a-2',
      pools: new Set(['cpu-01234567', 'cuda-01234567']),
    });
  });
  it.each([undefined, 'registered', {}, { registered: {} }, { registered: { ...registered, worker_id: 7 } }])(
    'is nothing where it sends something else: %j',
    (message) => {
      expect(identityOf(message)).toBeUndefined();
    },
  );
});
