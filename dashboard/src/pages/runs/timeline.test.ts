import { expect, test } from 'vitest';
import { timelineOf } from './timeline.ts';
import { timelineTable } from './timeline-chart.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const short = (stretches: ReturnType<typeof timelineOf>): string =>
  stretches.map(({ kind, from_ms, to_ms }) => `${kind} ${from_ms / 1000}-${to_ms / 1000}`).join(', ');

const NOW = 20_000;

test('a task that is over waited and ran', () => {
  const task = { state: 'completed', attempt: 1, started_at: at(3), finished_at: at(8) } as const;
  expect(short(timelineOf(at(0), task, [], NOW))).toBe('waiting 0-3, completed 3-8');
});

test('a task that waits or runs goes on to now', () => {
  const waits = { state: 'waiting', attempt: 1, started_at: null, finished_at: null } as const;
  const runs = { state: 'running', attempt: 1, started_at: at(5), finished_at: null } as const;
  expect(short(timelineOf(at(0), waits, [], NOW))).toBe('waiting 0-20');
  expect(short(timelineOf(at(0), runs, [], NOW))).toBe('waiting 0-5, running 5-20');
});

test('a retried task shows each attempt and the waits between', () => {
  const attempts = [
    { attempt: 2, status: 'completed', started_at: at(9), finished_at: at(12) },
    { attempt: 1, status: 'failed', started_at: at(1), finished_at: at(4) },
  ] as const;
  const task = { state: 'completed', attempt: 2, started_at: at(9), finished_at: at(12) } as const;
  expect(short(timelineOf(at(0), task, attempts, NOW))).toBe('waiting 0-1, failed 1-4, retry 4-9, completed 9-12');
});

test('an attempt that never started (lost in the queue) was a wait', () => {
  const attempts = [{ attempt: 1, status: 'lost', started_at: null, finished_at: at(6) }] as const;
  const task = { state: 'running', attempt: 2, started_at: at(7), finished_at: null } as const;
  expect(short(timelineOf(at(0), task, attempts, NOW))).toBe('waiting 0-6, retry 6-7, running 7-20');
});

test('the timeline as a table has a line for each stretch', () => {
  const stretches = timelineOf(
    at(0),
    { state: 'completed', attempt: 1, started_at: at(3), finished_at: at(8) },
    [],
    NOW,
  );
  expect(timelineTable([{ task_id: 't', stretches }]).rows).toEqual([
    { task_id: 't', kind: 'waiting', attempt: null, from: at(0), to: at(3), seconds: 3 },
    { task_id: 't', kind: 'completed', attempt: 1, from: at(3), to: at(8), seconds: 5 },
  ]);
});
