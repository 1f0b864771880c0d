import { describe, expect, it } from 'vitest';
import { eventSubject } from '../contracts/event.ts';
import { newRunId } from '../contracts/ids.ts';
import { encodeMetricBatch } from '../contracts/metrics.ts';
import { ClientError } from './errors.ts';
import { READERS, readMessage, type WatchedStream } from './watched.ts';

const run_id = newRunId();
const time = new Date('2026-11-22T02:00:00.123Z');
const at = '2026-11-22T01:59:59.000Z';
const message = (data: string | Uint8Array, subject = 's') => ({
  ...{ subject, seq: 7, time, headers: undefined },
  data: typeof data === 'string' ? new TextEncoder().encode(data) : data,
});
const event = {
  ...{ v: 1, event_id: 'e', at, entity: 'run' as const, kind: 'accepted', run_id, task_id: null, attempt: null },
  ...{ worker_id: null, pool: null, message: '' },
};

describe('what the server is asked for', () => {
  it.each([
    ['outcomes', 'bw.outcome.*.*', `bw.outcome.${run_id}.*`, 'bw.outcome.*.*'],
    ['metrics', 'bw.metrics.*.*', `bw.metrics.${run_id}.*`, 'bw.metrics.*.*'],
    ['events', 'bw.event.*.*', `bw.event.*.${run_id}`, 'bw.event.*.*'],
    ['findings', 'bw.finding.*.*', 'bw.finding.*.*', 'bw.finding.*.abc'],
  ] as const)('of %s', (stream, all, ofRun, ofSeries) => {
    const { filter } = READERS[stream];
    expect([filter({}), filter({ run_id }), filter({ series_id: 'abc' })]).toEqual([all, ofRun, ofSeries]);
  });
});

describe('a message', () => {
  it('is told with its place, and when it happened', () => {
    const place = { subject: 's', sequence: 7 };
    const subject = eventSubject(event);
    const told = readMessage('events', message(JSON.stringify(event), subject), {});
    expect(told).toEqual({ ...place, subject, stream: 'events', at, value: event });
    // A batch of metrics has as many times as points: it is told with the stream's.
    const columns = [{ metric: 'm', unit: null, batch_size: null, times_ms: [1], values: [2] }];
    const batch = { v: 1 as const, run_id, task_id: 't', attempt: 1, worker_id: 'w', sequence: 0, columns };
    const metrics = readMessage('metrics', message(encodeMetricBatch(batch)), {});
    expect(metrics).toEqual({ ...place, stream: 'metrics', at: time.toISOString(), value: batch });
  });

  it('that is about another run is left out', () => {
    const bytes = message(JSON.stringify(event), eventSubject(event));
    expect(readMessage('events', bytes, { run_id })).toBeDefined();
    expect(readMessage('events', bytes, { run_id: newRunId() })).toBeUndefined();
  });

  it.each(['outcomes', 'events', 'findings', 'metrics'] satisfies WatchedStream[])(
    'of %s that breaks its contract is told as that, whomever it is about',
    (stream) => {
      const told = readMessage(stream, message('{"v": 2}'), { run_id });
      expect(told).toMatchObject({ stream: 'unreadable', of: stream, sequence: 7, at: time.toISOString() });
      expect(told?.stream === 'unreadable' && told.issues.length).toBeGreaterThan(0);
    },
  );
});

it('an error tells all issues to anyone who only prints it, and each to anyone who asks', () => {
  const issues = [
    { path: '(message)', code: 'a', message: 'is too long' },
    { path: 'tasks[0].x', code: 'b', message: 'is missing' },
  ];
  const error = new ClientError('REFUSED', 'that can not be done', { issues });
  expect(error.message).toBe('that can not be done: is too long; tasks[0].x: is missing');
  expect(error).toMatchObject({ summary: 'that can not be done', issues, retriable: false });
  expect(new ClientError('NOT_SETTLED', 'x')).toMatchObject({ message: 'x', retriable: true });
});
