import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeIsFinal } from '@benchwire/shared/contracts/outcome.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { received, someEvent, someOutcome } from '../../test-support/messages.ts';
import type { TaskRow } from '../tables/tasks.ts';
import { eventRows } from './event-rows.ts';
import { outcomeRows } from './outcome-rows.ts';
import { firstWins, streamOrder, taskVersion } from './versions.ts';

const run_id = newRunId();

type Message =
  | { kind: 'accepted'; sequence: number }
  | { kind: 'running'; sequence: number; attempt: number }
  | { kind: 'outcome'; sequence: number; outcome: Outcome };

const outcomes = fc.record({
  attempt: fc.integer({ min: 1, max: 4 }),
  status: fc.constantFrom('completed', 'failed', 'timed_out', 'cancelled', 'lost'),
  retriable: fc.boolean(),
});

/** What may be said of one task, each at its own place of the stream. */
const histories = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('running' as const), attempt: fc.integer({ min: 1, max: 4 }) }),
      outcomes.map((o) => ({ kind: 'outcome' as const, ...o })),
    ),
    { maxLength: 8 },
  )
  .map((steps): Message[] => [
    { kind: 'accepted', sequence: 1 },
    ...steps.map((step, index): Message => {
      const sequence = index + 2;
      if (step.kind === 'running') return { kind: 'running', sequence, attempt: step.attempt };
      const error =
        step.status === 'completed'
          ? null
          : ({ class: 'unknown', code: 'X', message: 'x', retriable: step.retriable } as const);
      return {
        kind: 'outcome',
        sequence,
        outcome: someOutcome({ run_id, task_id: 't', attempt: step.attempt, status: step.status, error }),
      };
    }),
  ]);

function rowsOf(message: Message): TaskRow[] {
  const order = streamOrder(received(null, message.sequence));
  if (message.kind === 'outcome') return [outcomeRows(message.outcome, order).task];
  const event =
    message.kind === 'accepted'
      ? someEvent({
          run_id,
          kind: 'accepted',
          data: { request: request.parse({ tasks: [{ task_id: 't', executor: 'noop' }] }), task_count: 1 },
        })
      : someEvent({ run_id, entity: 'task', kind: 'running', task_id: 't', attempt: message.attempt, worker_id: 'w' });
  const decided = eventRows(event, order);
  if (!decided.ok) throw new Error(JSON.stringify(decided.issues));
  const details = { run_id, task_id: 't', executor: 'noop', benchmark: 'benchmark', model: '' };
  return [...decided.rows.tasks, ...decided.rows.needs_task.flatMap((needed) => needed.rows(details))];
}

/** What ReplacingMergeTree(version) is left with, whenever and in whatever order it merges. */
function merged(messages: readonly Message[]): TaskRow | undefined {
  return messages
    .flatMap(rowsOf)
    .reduce<TaskRow | undefined>(
      (best, row) => (best === undefined || BigInt(String(row.version)) >= BigInt(String(best.version)) ? row : best),
      undefined,
    );
}

/** The same, told without versions: the highest attempt, its first outcome before its last start. */
function expected(messages: readonly Message[]): { state: string; attempt: number } {
  const attempts = messages.map((m) =>
    m.kind === 'accepted' ? 0 : m.kind === 'running' ? m.attempt : m.outcome.attempt,
  );
  const attempt = Math.max(...attempts);
  if (attempt === 0) return { state: 'waiting', attempt };
  const first = messages
    .filter((m) => m.kind === 'outcome')
    .filter((m) => m.outcome.attempt === attempt)
    .sort((a, b) => a.sequence - b.sequence)[0];
  if (first === undefined) return { state: 'running', attempt };
  return { state: outcomeIsFinal(first.outcome) ? first.outcome.status : 'waiting', attempt };
}

describe('the row of a task', () => {
  it('is the same for every interleaving with duplicates', () => {
    fc.assert(
      fc.property(
        histories.chain((history) =>
          fc.record({
            history: fc.constant(history),
            delivered: fc
              .array(fc.constantFrom(...history), { maxLength: 12 })
              .chain((again) =>
                fc.shuffledSubarray([...history, ...again], { minLength: history.length + again.length }),
              ),
          }),
        ),
        ({ history, delivered }) => {
          const row = merged(delivered);
          expect(row).toEqual(merged(history));
          expect({ state: row?.state, attempt: row?.attempt }).toEqual(expected(history));
          expect(row).toMatchObject({ executor: 'noop', is_deleted: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('versions', () => {
  it('fit into UInt64 and stay exact until the year 2109', () => {
    const order = streamOrder({ stored_at: new Date('2109-01-01T00:00:00Z'), sequence: 1023 });
    expect(Number.isSafeInteger(order)).toBe(true);
    expect(firstWins(order)).toBeGreaterThan(0);
    expect(BigInt(taskVersion(5000, 'ended', 0))).toBeLessThan(2n ** 64n);
  });

  it('go on growing when a stream begins anew', () => {
    const old = streamOrder({ stored_at: new Date('2026-01-01T00:00:00.000Z'), sequence: 1_000_000 });
    const fresh = streamOrder({ stored_at: new Date('2026-01-01T00:00:00.001Z'), sequence: 1 });
    expect(fresh).toBeGreaterThan(old);
  });
});
