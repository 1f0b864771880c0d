import { ERROR_CLASSES } from '@benchwire/shared/contracts/outcome.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { planEmissions } from '../placement/emit.ts';
import { FastestCompletion } from '../placement/strategies/fastest-completion.ts';
import { findUnplaceable } from '../placement/unplaceable.ts';
import type { OutcomeFacts } from '../state/attempt-end.ts';
import { jobOf } from '../state/messages.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { PoolExclusions } from './pool-exclusions.ts';

const noJitter = (): number => 0;

/** A scheduler without I/O: what it emits, and what it makes of an outcome. */
function scheduler(body: unknown, pools: string[], workers_each: number) {
  const state = new SchedulerState();
  const fleet = new Fleet(T0);
  const run = submitted(body);
  expect(state.applyRunMessage(run, T0)).toEqual([]);
  for (const pool of pools) {
    for (let index = 0; index < workers_each; index++) {
      const id = `${pool}-w${index}`;
      fleet.applyCapabilities(aWorker(id, [aDevice({ pool, class: pool.startsWith('cuda') ? 'cuda' : 'cpu' })]), T0);
      fleet.applyHeartbeat(aHeartbeat(id), T0);
    }
  }
  const exclusions = new PoolExclusions(state);
  const strategy = new FastestCompletion();
  return {
    state,
    fleet,
    emit: (now: number) => {
      state.failures.breakers.halfOpen(now);
      exclusions.review(fleet, now);
      return planEmissions(state, fleet, strategy, now, 100);
    },
    end: (task_id: string, attempt: number, where: { pool: string; worker_id: string }, kind: string, now: number) => {
      const error =
        kind === 'completed' ? null : { class: kind as 'crash', code: 'X', message: 'because', retriable: true };
      const facts: OutcomeFacts = {
        run_id: run.run_id,
        task_id,
        attempt,
        max_attempts: 1,
        status: kind === 'completed' ? 'completed' : 'failed',
        error,
        finished_at: new Date(now).toISOString(),
        ...where,
      };
      state.applyOutcome(facts, now, noJitter);
    },
  };
}

const task = (over: Record<string, unknown> = {}) => ({
  task_id: 'a',
  executor: 'noop',
  retry_policy: { max_retries: 50, retry_delay_seconds: 0 },
  ...over,
});

describe('a task that has failed', () => {
  it('goes to another pool when every worker of its pool has failed it, and back when that pool goes', () => {
    const { state, fleet, emit, end } = scheduler({ tasks: [task()] }, ['cpu-a', 'cpu-b'], 1);
    const [first] = emit(T0);
    const other = first?.pool === 'cpu-a' ? 'cpu-b' : 'cpu-a';
    end('a', 1, { pool: first?.pool ?? '', worker_id: `${first?.pool}-w0` }, 'crash', T0 + 1);
    expect(emit(T0 + 1).map((emission) => emission.pool)).toEqual([other]);
    const [emitted] = state.runs.values().flatMap((run) => run.tasks.values());
    if (emitted === undefined) throw new Error('no task');
    state.returnToReady(emitted, T0 + 2);
    fleet.forget(`${other}-w0`);
    expect(emit(T0 + 2).map((emission) => emission.pool)).toEqual([first?.pool]);
  });

  it('takes along which workers should leave it to others', () => {
    const { state, fleet, emit, end } = scheduler({ tasks: [task()] }, ['cpu-a'], 2);
    emit(T0);
    end('a', 1, { pool: 'cpu-a', worker_id: 'cpu-a-w1' }, 'crash', T0 + 1);
    const [again] = emit(T0 + 1);
    if (again === undefined) throw new Error('not emitted again');
    const job = jobOf(again.state, state.failures.of(again.state), fleet.pools().get('cpu-a'));
    expect(job).toMatchObject({ attempt: 2, avoid_workers: ['cpu-a-w1'] });
  });
});

describe('tasks that a breaker holds back', () => {
  it('wait, with the reason, until one of them has completed', () => {
    const body = {
      tasks: [task({ repetitions: 6, benchmark: 'poison' }), task({ task_id: 'good', benchmark: 'fine' })],
    };
    const { state, fleet, emit, end } = scheduler(body, ['cpu-a'], 6);
    const emitted = emit(T0).filter((emission) => emission.state.task_id !== 'good');
    expect(emitted).toHaveLength(6);
    for (const [index, { state: each }] of emitted.entries())
      end(each.task_id, 1, { pool: 'cpu-a', worker_id: `cpu-a-w${index}` }, 'crash', T0 + 1);
    expect(state.failures.breakers.all).toHaveLength(1);
    expect(emit(T0 + 2)).toEqual([]);
    expect(state.ready.size).toBe(6);
    expect(findUnplaceable(state, fleet, T0 + 2)[0]?.reason).toMatch(/cpu-a: noop poison ended with crash on 3 cpu/);
    const [probe, ...more] = emit(T0 + 30_002);
    expect(more).toEqual([]);
    end(probe?.state.task_id ?? '', 2, { pool: 'cpu-a', worker_id: 'cpu-a-w0' }, 'completed', T0 + 30_003);
    expect(emit(T0 + 30_003)).toHaveLength(5);
  });

  it('go to hardware on which they do not fail', () => {
    const { state, emit, end } = scheduler({ tasks: [task({ repetitions: 20 })] }, ['cpu-a', 'cuda-a'], 3);
    const after: string[] = [];
    let failed = 0;
    for (let now = T0; now < T0 + 40; now++) {
      const open = state.failures.breakers.all.length > 0;
      for (const { state: each, pool } of emit(now)) {
        if (open) after.push(pool);
        const kind = pool === 'cuda-a' ? 'completed' : 'crash';
        if (kind === 'crash') failed++;
        end(each.task_id, each.attempt, { pool, worker_id: `${pool}-w${failed % 3}` }, kind, now);
      }
    }
    expect(failed).toBeGreaterThanOrEqual(3);
    expect(new Set(after)).toEqual(new Set(['cuda-a']));
    expect([...state.finished].map((run) => run.counts.completed)).toEqual([20]);
  });
});

describe('whatever fails where', () => {
  it('a task is emitted once at a time, never where a breaker holds it back, and no task is forgotten', () => {
    const ends = fc.array(fc.constantFrom('completed', 'completed', ...ERROR_CLASSES), { minLength: 1, maxLength: 40 });
    const pools = fc.subarray(['cpu-a', 'cpu-b', 'cuda-a'], { minLength: 1 });
    fc.assert(
      fc.property(ends, pools, fc.integer({ min: 1, max: 4 }), (kinds, names, workers) => {
        const body = { tasks: [task({ repetitions: 4 }), task({ task_id: 'b', benchmark: 'b', repetitions: 2 })] };
        const { state, emit, end } = scheduler(body, names, workers);
        const running: Array<{ task_id: string; attempt: number; pool: string }> = [];
        let now = T0;
        let step = 0;
        while (state.finished.size === 0 && step < 600) {
          now += 500;
          for (const { state: each, pool } of emit(now)) {
            expect(running.some((other) => other.task_id === each.task_id)).toBe(false);
            running.push({ task_id: each.task_id, attempt: each.attempt, pool });
          }
          for (const each of state.toSettle) {
            const { pool = null } = each.verdict ?? {};
            const status = each.verdict?.status ?? 'failed';
            state.applyOutcome(
              {
                run_id: each.lane.run.submitted.run_id,
                task_id: each.task_id,
                attempt: each.attempt,
                max_attempts: 1,
                status,
                error: each.verdict?.error ?? null,
                worker_id: null,
                pool,
                finished_at: new Date(now).toISOString(),
              },
              now,
              noJitter,
            );
          }
          const next = running.shift();
          if (next === undefined) continue;
          const kind = kinds[step++ % kinds.length] ?? 'completed';
          // In the end everything completes.
          const ended = step > 200 ? 'completed' : kind;
          end(
            next.task_id,
            next.attempt,
            { pool: next.pool, worker_id: `${next.pool}-w${step % workers}` },
            ended,
            now,
          );
          state.wakeDelayed(now);
        }
        expect([...state.finished].map((run) => run.open)).toEqual([0]);
      }),
      { numRuns: 100 },
    );
  });
});
