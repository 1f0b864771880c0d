import type { BenchEvent } from '@benchwire/shared/contracts/event.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome, OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  applyOutcome,
  emptyProgress,
  endedOf,
  finalOutcomes,
  isOver,
  missingOutcomes,
  type RunProgress,
  stateOf,
  totalOf,
} from './run-progress.ts';

const RUN = newRunId();
const STATUSES: OutcomeStatus[] = ['completed', 'failed', 'timed_out', 'cancelled', 'lost'];

type Message = { sequence: number; outcome: Outcome } | { event: BenchEvent };

function outcome(task_id: string, attempt: number, status: OutcomeStatus): Outcome {
  const error = status === 'completed' ? null : { class: 'unknown' as const, code: 'X', message: 'x', retriable: true };
  return {
    ...{ v: 1, run_id: RUN, task_id, attempt, max_attempts: 2, status, error, worker_id: null, device_id: null },
    ...{
      pool: null,
      fingerprint: null,
      benchmark: 'b',
      executor: 'noop',
      model: null,
      precision: null,
      scenario: null,
    },
    ...{ variant: '', request_name: null, source: null, tags: {}, queued_at: '', started_at: null, finished_at: '' },
    ...{ execution_time_seconds: null, results: {}, hardware_metrics: null, environment: {}, logs: 'x'.repeat(100) },
    simulation_status: { is_simulated: true },
  };
}

function event(kind: string, task_id: string | null, attempt: number | null, at: number, data?: object): BenchEvent {
  return {
    ...{
      v: 1,
      event_id: `${kind}.${task_id}.${attempt}`,
      at: new Date(at).toISOString(),
      kind,
      run_id: RUN,
      task_id,
      attempt,
    },
    ...{ worker_id: null, pool: null, message: `m${at}`, entity: task_id === null ? 'run' : 'task' },
    ...(data === undefined ? {} : { data: { ...data } }),
  };
}

function apply(progress: RunProgress, message: Message): void {
  if ('event' in message) applyEvent(progress, message.event);
  else applyOutcome(progress, message.sequence, message.outcome);
}

function view(progress: RunProgress): unknown {
  const tasks = [...progress.tasks.values()].map((task) => [task.task_id, stateOf(task), task.waiting]).sort();
  const { counts, finished, accepted_at, last_sequence } = progress;
  const finals = finalOutcomes(progress)
    .map((o) => `${o.task_id} ${o.attempt} ${o.status}`)
    .sort();
  return {
    tasks,
    counts,
    total: totalOf(progress),
    finished,
    accepted_at,
    last_sequence,
    finals,
    over: isOver(progress),
  };
}

/** What the streams of a run may hold: outcomes of attempts, some reported twice, and events. */
const messages = fc
  .array(
    fc.oneof(
      fc.record({
        task: fc.constantFrom('a', 'b', 'c'),
        attempt: fc.integer({ min: 1, max: 4 }),
        status: fc.constantFrom(...STATUSES),
      }),
      fc.record({
        task: fc.constantFrom('a', 'b', 'c'),
        attempt: fc.integer({ min: 1, max: 4 }),
        kind: fc.constantFrom('running', 'waiting_for_pool', 'retrying'),
      }),
      // A task that runs once on each pool, which waits before it is bound.
      fc.record({ task: fc.constant('each'), attempt: fc.constant(null), kind: fc.constant('waiting_for_pool') }),
      fc.record({ bound: fc.constant('each') }),
      fc.record({ run: fc.constantFrom('accepted', 'finished') }),
    ),
    { maxLength: 30 },
  )
  .map((list) =>
    list.map((entry, index): Message => {
      if ('status' in entry) return { sequence: index + 1, outcome: outcome(entry.task, entry.attempt, entry.status) };
      if ('kind' in entry) return { event: event(entry.kind, entry.task, entry.attempt, index) };
      if ('bound' in entry)
        return { event: event('bound', null, null, index, { task_id: entry.bound, pools: ['p1', 'p2', 'p3'] }) };
      return {
        event: event(entry.run, null, null, index, {
          counts: {
            total: 3,
            completed: 1,
            failed: 2,
            timed_out: 0,
            cancelled: 0,
            lost: 0,
          },
        }),
      };
    }),
  );

describe('the fold of a run', () => {
  it('comes to the same whatever the order of the messages, and however often each comes', () => {
    const shuffled = messages.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)),
    );
    fc.assert(
      fc.property(shuffled, ([list, order, again]) => {
        const straight = emptyProgress(RUN, 3);
        for (const message of list) apply(straight, message);
        const mixed = emptyProgress(RUN, 3);
        for (const message of [...order, ...again]) apply(mixed, message);
        expect(view(mixed)).toEqual(view(straight));
      }),
    );
  });

  it('counts every task once, in the state it is in', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const progress = emptyProgress(RUN, 3);
        for (const message of list) {
          apply(progress, message);
          const sum = Object.values(progress.counts).reduce((a, b) => a + b, 0);
          expect(sum).toBe(progress.tasks.size);
          expect(endedOf(progress)).toBe(finalOutcomes(progress).length);
        }
      }),
    );
  });

  it('says of each task once that it is over', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const progress = emptyProgress(RUN, 3);
        const said = list.flatMap((m) => ('outcome' in m ? (applyOutcome(progress, m.sequence, m.outcome) ?? []) : []));
        expect(said).toHaveLength(new Set(said.map((o) => o.task_id)).size);
      }),
    );
  });

  it('goes through waiting, running, retrying, running, completed', () => {
    const progress = emptyProgress(RUN, 1);
    const states: string[] = [];
    const say = (message: Message): void => {
      apply(progress, message);
      const task = progress.tasks.get('a');
      states.push(task === undefined ? 'none' : stateOf(task));
    };
    say({ event: event('accepted', null, null, 0) });
    say({ event: event('waiting_for_pool', 'a', null, 1) });
    say({ event: event('running', 'a', 1, 2) });
    say({ sequence: 1, outcome: outcome('a', 1, 'failed') });
    say({ event: event('running', 'a', 2, 3) });
    say({ sequence: 2, outcome: outcome('a', 2, 'completed') });
    expect(states).toEqual(['none', 'waiting', 'running', 'retrying', 'running', 'completed']);
    expect(isOver(progress)).toBe(false);
    say({
      event: event('finished', null, null, 4, {
        counts: {
          total: 1,
          completed: 1,
          failed: 0,
          timed_out: 0,
          cancelled: 0,
          lost: 0,
        },
      }),
    });
    expect(isOver(progress)).toBe(true);
  });

  it('has its whole number of tasks from the binding on, before any copy has started', () => {
    const progress = emptyProgress(RUN, 2);
    const totals: number[] = [];
    const say = (message: Message): void => {
      apply(progress, message);
      totals.push(totalOf(progress));
    };
    say({ event: event('waiting_for_pool', 'each', null, 1) });
    say({ event: event('bound', null, null, 2, { task_id: 'each', pools: ['p1', 'p2'] }) });
    say({ event: event('running', 'each--p1', 1, 3) });
    say({ event: event('running', 'each--p2', 1, 4) });
    say({ event: event('running', 'other', 1, 5) });
    expect(totals).toEqual([2, 3, 3, 3, 3]);
  });

  it('is not over by the word alone: the outcomes may come after it', () => {
    for (const data of [{}, { counts: { total: 1, completed: 1, failed: 0, timed_out: 0, cancelled: 0, lost: 0 } }]) {
      const progress = emptyProgress(RUN, 1);
      applyEvent(progress, event('finished', null, null, 1, data));
      expect([isOver(progress), missingOutcomes(progress)]).toEqual([false, 1]);
      applyOutcome(progress, 1, outcome('a', 1, 'completed'));
      expect(isOver(progress)).toBe(true);
    }
  });

  it("takes the first outcome of an attempt, and no one else's", () => {
    const progress = emptyProgress(RUN, 1);
    applyOutcome(progress, 5, outcome('a', 1, 'completed'));
    applyOutcome(progress, 9, outcome('a', 1, 'failed'));
    expect(finalOutcomes(progress).map((o) => o.status)).toEqual(['completed']);
    expect(applyOutcome(progress, 10, { ...outcome('b', 1, 'completed'), run_id: newRunId() })).toBeUndefined();
    expect(totalOf(progress)).toBe(1);
    expect(progress.last_sequence).toBe(9);
    expect(finalOutcomes(progress)[0]).not.toHaveProperty('logs');
  });
});

describe('what is measured while a task goes on', () => {
  const measured = (attempt: number, batch_size: number, latency_ms: number): BenchEvent =>
    event('measured', 'a', attempt, 0, { batch_size, latency_ms, throughput_items_per_second: 1, samples: 10 });
  const sizes = (events: BenchEvent[]) => {
    const progress = emptyProgress(RUN, 1);
    for (const each of events) applyEvent(progress, each);
    return [...(progress.tasks.get('a')?.measured ?? [])].sort(([a], [b]) => a - b);
  };

  it('is the latest attempt’s word on each batch size, in whatever order it comes', () => {
    const events = [measured(1, 1, 10), measured(1, 2, 20), measured(2, 2, 21), measured(2, 4, 40)];
    const expected = [
      [1, { attempt: 1, latency_ms: 10 }],
      [2, { attempt: 2, latency_ms: 21 }],
      [4, { attempt: 2, latency_ms: 40 }],
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(sizes([...shuffled, ...shuffled])).toEqual(expected);
      }),
    );
  });
});
