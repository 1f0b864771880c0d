import { workloadKey } from '@benchwire/shared/contracts/series.ts';
import { taskSpec } from '@benchwire/shared/contracts/task.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RunTimeFacts, RunTimeLearner } from './run-time-learner.ts';
import { RunTimes } from './run-times.ts';

const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });

function learned(...observations: Array<[workload: string, pool: string, seconds: number]>): RunTimes {
  const run_times = new RunTimes();
  for (const [order, [workload, pool, took]] of observations.entries()) {
    run_times.observe(workload, pool, pool.startsWith('cuda') ? 'cuda' : 'cpu', took, order);
  }
  return run_times;
}

function facts(over: Partial<RunTimeFacts> = {}): RunTimeFacts {
  return {
    run_id: '01890a5d-ac96-774b-bcce-b302099a8057',
    task_id: 't',
    attempt: 1,
    status: 'completed',
    pool: 'cpu-1',
    started_at: '2026-01-01T00:00:00.000Z',
    execution_time_seconds: 10,
    workload: 'w',
    ...over,
  };
}

describe('expected run times', () => {
  it('answers from the pool, then its class, then the other classes, less sure each time', () => {
    const run_times = learned(['w', 'cpu-1', 10], ['w', 'cpu-1', 10], ['w', 'cpu-1', 10], ['w', 'cpu-1', 10]);
    expect(run_times.expect('w', 'cpu-1', 'cpu')).toEqual({
      seconds: 10,
      spread_seconds: 0,
      basis: 'pool',
      samples: 4,
    });
    expect(run_times.expect('w', 'cpu-2', 'cpu')).toMatchObject({ seconds: 10, spread_seconds: 5, basis: 'class' });
    expect(run_times.expect('w', 'cuda-1', 'cuda')).toMatchObject({
      seconds: 10,
      spread_seconds: 10,
      basis: 'any_class',
    });
  });

  it('makes nothing up for a workload that has never completed', () => {
    expect(learned(['w', 'cpu-1', 10]).expect('other', 'cpu-1', 'cpu')).toBeUndefined();
  });

  it('does not trust a single attempt', () => {
    expect(learned(['w', 'cpu-1', 10]).expect('w', 'cpu-1', 'cpu')).toMatchObject({ spread_seconds: 5, samples: 1 });
  });

  it('takes a timeout for a lower bound until an attempt completes there', () => {
    const run_times = learned(['w', 'cpu-1', 10]);
    run_times.observeTimeout('w', 'cpu-2', 60);
    run_times.observeTimeout('w', 'cpu-2', 30);
    run_times.observeTimeout('v', 'cpu-2', 60);
    run_times.observeTimeout('w', 'cpu-1', 60);
    expect(run_times.expect('w', 'cpu-2', 'cpu')).toMatchObject({ seconds: 60, basis: 'timeout', samples: 1 });
    expect(run_times.expect('v', 'cpu-2', 'cpu')).toMatchObject({ seconds: 60, basis: 'timeout', samples: 0 });
    expect(run_times.expect('v', 'cpu-1', 'cpu')).toBeUndefined();
    // It completes here as a rule: that one hung.
    expect(run_times.expect('w', 'cpu-1', 'cpu')).toMatchObject({ seconds: 10, basis: 'pool' });
    run_times.observe('w', 'cpu-2', 'cpu', 80, 9);
    expect(run_times.expect('w', 'cpu-2', 'cpu')).toMatchObject({ seconds: 80, basis: 'pool' });
  });

  it('converges on a constant, whatever was before', () => {
    fc.assert(
      fc.property(fc.array(seconds, { maxLength: 30 }), seconds, (before, constant) => {
        const series = [...before, ...new Array<number>(120).fill(constant)];
        const found = learned(...series.map((s): [string, string, number] => ['w', 'cpu-1', s]));
        const expected = found.expect('w', 'cpu-1', 'cpu');
        // (7/8)^120 is 1e-7.
        expect(Math.abs((expected?.seconds ?? Number.NaN) - constant)).toBeLessThan(1);
        expect(expected?.spread_seconds).toBeLessThan(1e6 * 1e-3);
      }),
    );
  });

  it('has gone half the way of a step after six attempts, and nine tenths after eighteen', () => {
    const step = (attempts: number): number => {
      const series = [...new Array<number>(50).fill(10), ...new Array<number>(attempts).fill(20)];
      const found = learned(...series.map((s): [string, string, number] => ['w', 'cpu-1', s]));
      return found.expect('w', 'cpu-1', 'cpu')?.seconds ?? Number.NaN;
    };
    expect(step(1)).toBeLessThan(12);
    expect(step(6)).toBeGreaterThan(15);
    expect(step(18)).toBeGreaterThan(19);
  });

  it('lies between the smallest and the largest that was observed, in any order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(seconds, fc.nat(100)), { minLength: 1, maxLength: 50 }), (observations) => {
        const run_times = new RunTimes();
        for (const [took, order] of observations) run_times.observe('w', 'cpu-1', 'cpu', took, order);
        const all = observations.map(([took]) => took);
        const expected = run_times.expect('w', 'cpu-1', 'cpu');
        expect(expected?.seconds).toBeGreaterThanOrEqual(Math.min(...all) * (1 - 1e-9));
        expect(expected?.seconds).toBeLessThanOrEqual(Math.max(...all) * (1 + 1e-9));
        expect(expected?.spread_seconds).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(expected?.spread_seconds)).toBe(true);
      }),
    );
  });

  it('does not care about the order of the first eight, nor for old news after them', () => {
    fc.assert(
      fc.property(
        fc
          .array(seconds, { minLength: 1, maxLength: 8 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([one, other]) => {
          const [a, b] = [one, other].map((list) =>
            learned(...list.map((s): [string, string, number] => ['w', 'cpu-1', s])).expect('w', 'cpu-1', 'cpu'),
          );
          expect(a?.seconds).toBeCloseTo(b?.seconds ?? Number.NaN, 5);
        },
      ),
    );
    const run_times = learned(...new Array<[string, string, number]>(20).fill(['w', 'cpu-1', 10]));
    run_times.observe('w', 'cpu-1', 'cpu', 1000, 3);
    expect(run_times.expect('w', 'cpu-1', 'cpu')?.seconds).toBe(10);
  });

  it('stays within its bounds, and forgets what was observed longest ago', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(5), fc.boolean()), { maxLength: 300 }), (observations) => {
        const run_times = new RunTimes(40);
        for (const [order, [workload, pool, completed]] of observations.entries()) {
          const name = `cpu-${pool}`;
          if (completed) run_times.observe(`w${workload}`, name, 'cpu', 1, order);
          else run_times.observeTimeout(`w${workload}`, name, 1);
          expect(run_times.size).toBeLessThanOrEqual(40);
          expect(run_times.expect(`w${workload}`, name, 'cpu')).toBeDefined();
        }
        const counted = new Set(
          observations
            .map(([workload, pool]) => `${workload} ${pool}`)
            .filter((pair) => {
              const [workload, pool] = pair.split(' ');
              const basis = run_times.expect(`w${workload}`, `cpu-${pool}`, 'cpu')?.basis;
              return basis === 'pool';
            }),
        );
        expect(counted.size).toBeLessThanOrEqual(run_times.size);
      }),
    );
  });
});

describe('the learner', () => {
  const given = (): { run_times: RunTimes; learner: RunTimeLearner } => {
    const run_times = new RunTimes();
    return { run_times, learner: new RunTimeLearner(run_times, () => 'cpu') };
  };

  it.each([
    ['it failed', { status: 'failed' }],
    ['it was cancelled', { status: 'cancelled' }],
    ['it was lost', { status: 'lost' }],
    ['it never reached a worker', { status: 'timed_out', started_at: null, pool: null, execution_time_seconds: null }],
    ['its worker did only part of the work', { workload: undefined }],
  ] satisfies Array<[string, Partial<RunTimeFacts>]>)('learns nothing from an attempt when %s', (_, over) => {
    const { run_times, learner } = given();
    learner.learn(facts(over), 1);
    expect(run_times.size).toBe(0);
  });

  it('learns from an attempt once, by its first outcome', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ attempt: fc.integer({ min: 1, max: 5 }), execution_time_seconds: seconds }), {
          minLength: 1,
          maxLength: 30,
        }),
        (reports) => {
          const once = given();
          const again = given();
          const first = new Map(reports.toReversed().map((report) => [report.attempt, report]));
          let sequence = 0;
          for (const report of reports) {
            sequence++;
            if (first.get(report.attempt) === report) once.learner.learn(facts(report), sequence);
            for (let delivery = 0; delivery < 3; delivery++) again.learner.learn(facts(report), sequence);
          }
          expect(again.run_times.expect('w', 'cpu-1', 'cpu')).toEqual(once.run_times.expect('w', 'cpu-1', 'cpu'));
        },
      ),
    );
  });

  it('ignores what a worker reports after it was given up', () => {
    const { run_times, learner } = given();
    learner.learn(facts({ status: 'lost' }), 1);
    learner.learn(facts({ execution_time_seconds: 999 }), 2);
    expect(run_times.size).toBe(0);
  });
});

describe('the workload key', () => {
  const key = (config: Record<string, unknown>, benchmark = 'b'): string =>
    workloadKey({ ...taskSpec.parse({ task_id: 'a', config: { model: 'm', ...config } }), benchmark });

  it('is equal where attempts should take equally long', () => {
    expect(key({})).toMatch(/^[0-9a-f]{12}$/);
    expect(key({ iterations: 100 })).toBe(key({}));
    expect(key({ sha256: 'a'.repeat(64) })).toBe(key({ sha256: 'b'.repeat(64) }));
  });

  it.each([{ iterations: 7 }, { batch_sizes: [1, 2] }, { precision: 'fp16' }, { model: 'n' }, { seed: 1 }])(
    'differs with %j',
    (config) => {
      expect(key(config)).not.toBe(key({}));
      expect(key({}, 'other')).not.toBe(key({}));
    },
  );
});
