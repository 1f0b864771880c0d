import { describe, expect, it } from 'vitest';
import { compare } from '../failures/reconcile.ts';
import type { TaskState } from '../state/model.ts';
import { aDevice, aHeartbeat, aWorker, T0 } from '../testing.ts';
import { Fleet } from './fleet.ts';

function fleetOf(...workers: string[]): Fleet {
  const fleet = new Fleet(T0);
  for (const worker_id of workers) {
    fleet.applyCapabilities(aWorker(worker_id, [aDevice()]), T0);
    fleet.applyHeartbeat(aHeartbeat(worker_id), T0);
  }
  return fleet;
}

describe('a worker that falls silent', () => {
  it('is asked after when two heartbeats are missing, and lost after five seconds', () => {
    const fleet = fleetOf('a', 'b');
    expect(fleet.quiet(T0 + 2000)).toEqual([]);
    fleet.applyHeartbeat(aHeartbeat('b'), T0 + 2000);
    expect(fleet.quiet(T0 + 2001)).toEqual(['a']);
    expect(fleet.expire(T0 + 5000)).toEqual([]);
    expect(fleet.expire(T0 + 5001)).toEqual([{ kind: 'lost', worker_id: 'a', silent_ms: 5001 }]);
    expect(fleet.quiet(T0 + 5001)).toEqual(['b']);
  });

  it('is lost at once when it has no connection, also for a scheduler that has only begun to listen', () => {
    const fleet = fleetOf('a');
    const lane = { run: { submitted: { run_id: 'r' } } };
    const state = { lane, task_id: 't', attempt: 1, emission: { at_ms: T0 } } as unknown as TaskState;
    const active = new Map([['r.t.1', { worker_id: 'a', taken_at_ms: T0 }]]);
    const lost = (now: number) => compare('p', [state], { waiting: new Set(), active }, fleet, now).lost.length;
    expect(fleet.silenceIsTelling(T0 + 2500)).toBe(false);
    expect(lost(T0 + 2500)).toBe(0);
    expect(fleet.markGone('a', T0 + 2500)).toEqual([{ kind: 'lost', worker_id: 'a', silent_ms: 2500 }]);
    expect(lost(T0 + 2500)).toBe(1);
    // It was there all the same, and is heard again.
    fleet.applyHeartbeat(aHeartbeat('a'), T0 + 2600);
    expect(lost(T0 + 2600)).toBe(0);
    expect(fleet.isLost('a', T0)).toBe(false);
  });
});
