import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { jobOf } from '../state/messages.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { planEmissions } from './emit.ts';
import { historyElsewhere } from './history.ts';
import { FastestCompletion } from './strategies/fastest-completion.ts';

const POOLS = ['cpu-a', 'cpu-b'];

/** A task that has run five times on cpu-a, where it takes longer. */
function withHistory(task: object = {}, patience_s = 60, more: object = {}) {
  const state = new SchedulerState({ history_patience_ms: patience_s * 1000 });
  const fleet = new Fleet(T0);
  for (const pool of POOLS) {
    fleet.applyCapabilities(aWorker(`${pool}-w`, [aDevice({ pool, commands: ['run'], executors: ['command'] })]), T0);
    fleet.applyHeartbeat(aHeartbeat(`${pool}-w`), T0);
  }
  const spec = { task_id: 't', executor: 'command', config: { command: ['run', '{commit}'] }, ...task };
  const run = submitted({ name: 'r', tasks: [spec], ...more });
  expect(state.applyRunMessage(run, T0)).toEqual([]);
  const [first] = state.runs.values().flatMap(({ tasks }) => tasks.values());
  if (first === undefined) throw new Error('no task');
  const { workload } = first.lane.bucket;
  for (let order = 0; order < 5; order++) state.run_times.observe(workload, 'cpu-a', 'cpu', 100, order);
  state.run_times.observe(workload, 'cpu-b', 'cpu', 1, 6);
  const emit = (now: number): string[] =>
    planEmissions(state, fleet, new FastestCompletion(), now, 10).map(({ pool }) => pool);
  return { state, fleet, first, emit };
}

describe('a benchmark that may run anywhere', () => {
  it('goes to the pool that has its history, though another one would be done sooner', () => {
    expect(withHistory().emit(T0)).toEqual(['cpu-a']);
    expect(withHistory({}, 0).emit(T0)).toEqual(['cpu-b']);
  });

  it('goes elsewhere where that pool is gone, and its job says where the history was', () => {
    const { state, fleet, first, emit } = withHistory();
    fleet.forget('cpu-a-w');
    // Right after a start its worker may not have been heard of yet.
    expect(emit(T0)).toEqual([]);
    expect(emit(T0 + 20_000)).toEqual(['cpu-b']);
    expect(historyElsewhere(state, first.lane, 'cpu-b')).toBe('cpu-a');
    expect(historyElsewhere(state, first.lane, 'cpu-a')).toBeUndefined();
  });

  it('measures both sides of its base in one job, which needs no history, and again as a whole after its worker died', () => {
    const { state, first, emit } = withHistory({}, 60, { source: { commit: 'head567' }, base: { commit: 'base567' } });
    expect(historyElsewhere(state, first.lane, 'cpu-b')).toBeUndefined();
    expect(emit(T0)).toHaveLength(1);
    const job = jobOf(first, [], undefined);
    expect(job.task.base_side).toMatchObject({ commit: 'base567', pairs: 6, config: { command: ['run', '{commit}'] } });
    const ids = { run_id: job.run_id, task_id: 't', attempt: 1, max_attempts: 4, pool: 'cpu-a', worker_id: 'cpu-a-w' };
    const error = { class: 'lost_worker', code: 'WORKER_LOST', message: 'died', retriable: true } as const;
    state.applyOutcome({ ...ids, status: 'lost', error, finished_at: new Date(T0).toISOString() }, T0, () => 0);
    expect(emit(T0 + 1)).toHaveLength(1);
    const again = jobOf(first, state.failures.of(first), undefined);
    expect(again).toMatchObject({ attempt: 2, task: { base_side: job.task.base_side } });
  });
});
