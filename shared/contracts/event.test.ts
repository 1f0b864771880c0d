import { describe, expect, test } from 'vitest';
import { benchEvent, EVENT_DATA, eventData, eventName, eventOf, readEvent } from './event.ts';
import { EVENT_ENTITIES } from './event-entities.ts';
import { newRunId } from './ids.ts';

const run_id = newRunId();
const said = { at_ms: 1_764_000_000_000, event_id: 'e', message: 'm' };
const counts = { total: 2, completed: 1, failed: 1, timed_out: 0, cancelled: 0, lost: 0 };

describe('eventOf', () => {
  test('makes an event that the contract takes, with nulls for what it is not about', () => {
    const event = eventOf('run.finished', { ...said, run_id, data: { counts } });
    expect(event).toEqual({
      ...{ v: 1, event_id: 'e', at: '2025-11-24T16:00:00.000Z', entity: 'run', kind: 'finished', run_id },
      ...{ task_id: null, attempt: null, worker_id: null, pool: null, message: 'm', data: { counts } },
    });
    expect(benchEvent.parse(event)).toEqual(event);
    expect(eventData('run.finished', event)).toEqual({ ok: true, value: { counts } });
  });

  test('a message is cut to what the contract takes, and an event without data has no such field', () => {
    const event = eventOf('worker.lost', { ...said, worker_id: 'w', message: 'x'.repeat(5000) });
    expect(event.message).toHaveLength(4096);
    expect(event).not.toHaveProperty('data');
  });

  test('data that does not fit the kind, and an event that names nothing, do not compile', () => {
    const never = (): void => {
      // @ts-expect-error the counts are missing
      eventOf('run.finished', { ...said, run_id });
      // @ts-expect-error a count is no text
      eventOf('run.finished', { ...said, run_id, data: { counts: { ...counts, lost: 'none' } } });
      // @ts-expect-error this kind has no data
      eventOf('task.running', { ...said, run_id, task_id: 'a', data: { counts } });
      // @ts-expect-error an event of a task names the run
      eventOf('task.running', { ...said, task_id: 'a' });
      // @ts-expect-error there is no such kind
      eventOf('run.ended', { ...said, run_id });
    };
    expect(never).toBeTypeOf('function');
  });
});

test.each(Object.keys(EVENT_DATA))('%s is a kind of an entity, and is read as itself', (name) => {
  const [entity, kind] = name.split('.') as [(typeof EVENT_ENTITIES)[number], string];
  expect(EVENT_ENTITIES).toContain(entity);
  expect(eventName({ entity, kind })).toBe(name);
});

test.each(['constructor', 'toString', '__proto__', 'ended', 'accepted.x'])(
  'the unknown kind %s has no name',
  (kind) => {
    expect(eventName({ entity: 'run', kind })).toBeUndefined();
  },
);

describe('events of earlier versions', () => {
  test('a waiting task without the number of those that wait with it counts as one', () => {
    expect(eventData('task.waiting_for_pool', { data: {} })).toEqual({ ok: true, value: { tasks: 1 } });
  });
  test('a note without changes and link has none', () => {
    const note = { series_ids: ['s'], about_at: '2026-01-01T00:00:00.000Z', text: 't', by: 'me' };
    const read = eventData('series.note', { data: note });
    expect(read).toMatchObject({ ok: true, value: { link: null, changes: [] } });
  });
  test.each([undefined, {}, { capabilities: null }, { something: 1 }])(
    'a worker may leave out its offer: %j',
    (data) => {
      expect(eventData('worker.changed', { data })).toMatchObject({ ok: true });
    },
  );
});

test('data that does not fit says where', () => {
  expect(eventData('run.finished', { data: undefined })).toMatchObject({ ok: false, issues: [{ path: 'data' }] });
  const read = eventData('run.finished', { data: { counts: { ...counts, lost: 'x' } } });
  expect(read).toMatchObject({ ok: false, issues: [{ path: 'data.counts.lost' }] });
});

test('an event under the subject of another entity or run is refused: who may publish it depends on the subject', () => {
  const data = { series_ids: ['a'], about_at: '2026-01-01T00:00:00.000Z', text: 'fine', by: 'worker' };
  const event = eventOf('series.accepted', { at_ms: 0, event_id: 'x', message: 'forged', data });
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  expect(readEvent(bytes, 'bw.event.series.-').ok).toBe(true);
  for (const subject of [
    'bw.event.task.-',
    'bw.event.worker.-',
    'bw.event.series.019ab000-0000-7000-8000-000000000001',
  ])
    expect(readEvent(bytes, subject)).toMatchObject({ ok: false, issues: [{ code: 'subject_mismatch' }] });
});
