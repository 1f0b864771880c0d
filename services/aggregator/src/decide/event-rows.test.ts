import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import { describe, expect, it } from 'vitest';
import { someEvent } from '../../test-support/messages.ts';
import { eventRows } from './event-rows.ts';

const run_id = newRunId();

describe('eventRows', () => {
  it('makes a row for each task of an accepted run', () => {
    const data = {
      request: request.parse({
        name: 'nightly',
        source: { commit: 'abc' },
        tags: { team: 'a' },
        tasks: [
          { task_id: 'n', executor: 'noop', repetitions: 3 },
          { task_id: 'o', config: { model: 'ocr' } },
        ],
      }),
      task_count: 4,
    };
    const decided = eventRows(someEvent({ run_id, kind: 'accepted', data }), 1);
    if (!decided.ok) throw new Error('refused');
    expect(decided.rows.runs).toMatchObject([
      { run_id, name: 'nightly', state: 'accepted', total: 4, tags: { team: 'a' } },
    ]);
    expect(decided.rows.tasks.map((t) => [t.task_id, t.state, t.executor, t.model])).toEqual([
      ['n-r1', 'waiting', 'noop', ''],
      ['n-r2', 'waiting', 'noop', ''],
      ['n-r3', 'waiting', 'noop', ''],
      ['o', 'waiting', 'onnx', 'ocr'],
    ]);
    expect(decided.rows.event.data).toBe('{"task_count":4}');
  });

  it('replaces the placeholder of an each task by its copies', () => {
    const event = someEvent({ run_id, kind: 'bound', data: { task_id: 'e', pools: ['cpu-1', 'cpu-2'] } });
    const decided = eventRows(event, 1);
    if (!decided.ok) throw new Error('refused');
    const [needed] = decided.rows.needs_task;
    const rows = needed?.rows({ run_id, task_id: 'e', executor: 'onnx', benchmark: 'b', model: 'm' }) ?? [];
    expect(rows.map((r) => [r.task_id, r.pool, r.model, r.is_deleted])).toEqual([
      ['e', '', 'm', 1],
      ['e--cpu-1', 'cpu-1', 'm', 0],
      ['e--cpu-2', 'cpu-2', 'm', 0],
    ]);
  });

  it.each([
    [
      'paused',
      { paused: { kind: 'temperature', message: 'it has 90 °C', since: '2026-01-01T00:00:00.000Z' } },
      'paused',
      'it has 90 °C',
    ],
    [
      'paused',
      { paused: { kind: 'quarantined', message: 'fan', since: '2026-01-01T00:00:00.000Z' } },
      'quarantined',
      'fan',
    ],
    ['quarantined', undefined, 'quarantined', 'w is in quarantine: fan'],
    ['changed', undefined, 'ready', ''],
  ])('of a worker that is %s has its state and why: %j', (kind, data, state, reason) => {
    const event = someEvent({ entity: 'worker', kind, worker_id: 'w', message: 'w is in quarantine: fan' });
    const decided = eventRows(data === undefined ? event : { ...event, data }, 1);
    if (!decided.ok) throw new Error('refused');
    const [needed] = decided.rows.needs_worker;
    expect(needed?.row({ hostname: 'h', pools: [], capabilities: '' })).toMatchObject({
      worker_id: 'w',
      state,
      reason,
    });
  });

  it('says where the data of a known kind does not fit, and keeps unknown kinds', () => {
    const wrong = eventRows(someEvent({ run_id, kind: 'finished', data: { counts: { total: 'x' } } }), 1);
    expect(wrong.ok ? [] : wrong.issues.map((issue) => issue.path)).toContain('data.counts.total');
    expect(eventRows(someEvent({ entity: 'pool', kind: 'appeared', data: { a: 1 } }), 1).ok).toBe(true);
  });
});
