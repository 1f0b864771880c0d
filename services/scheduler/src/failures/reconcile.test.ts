import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { describe, expect, it } from 'vitest';
import { Fleet } from '../fleet/fleet.ts';
import { planEmissions } from '../placement/emit.ts';
import { fifo } from '../placement/strategies/fifo.ts';
import { SchedulerState } from '../state/scheduler-state.ts';
import { aDevice, aHeartbeat, aWorker, submitted, T0 } from '../testing.ts';
import { compare, idOf } from './reconcile.ts';

/** Long enough after the start that a worker would have been heard of. */
const LATER = T0 + 60_000;
const POOL = 'cpu-00000000';

/** One emitted attempt in a fleet of one worker. */
function emitted() {
  const state = new SchedulerState();
  const fleet = new Fleet(T0);
  fleet.applyCapabilities(aWorker('w', [aDevice()]), T0);
  fleet.applyHeartbeat(aHeartbeat('w'), T0);
  state.applyRunMessage(submitted({ tasks: [{ task_id: 'a', executor: 'noop' }] }), T0);
  const [emission] = planEmissions(state, fleet, fifo(), T0, 1);
  if (emission === undefined) throw new Error('nothing was emitted');
  return { fleet, emission };
}

/** One emitted attempt, taken by somebody, in a fleet whose only worker last said `beats`. */
function taken(by: string | undefined, beats: 'ready' | 'draining' | 'nothing', running: 'it' | 'nothing' = 'nothing') {
  const { fleet, emission } = emitted();
  const id = idOf(emission.state);
  if (beats === 'nothing') fleet.expire(LATER);
  else {
    const said = running === 'it' ? { 'cpu-0': [id] } : {};
    fleet.applyHeartbeat(aHeartbeat('w', { state: beats, running: said }), LATER);
  }
  const active = new Map([[id, { worker_id: by, taken_at_ms: T0 + 1000 }]]);
  const { lost } = compare(POOL, [emission.state], { waiting: new Set(), active }, fleet, LATER);
  return lost.map(({ verdict }) => `${verdict.status}: ${verdict.error?.message}`);
}

describe('an attempt in execution', () => {
  it.each([
    ['its worker is heard of', 'w', 'ready', 'nothing', []],
    ['its worker finishes what it has', 'w', 'draining', 'nothing', []],
    ['its worker is silent', 'w', 'nothing', 'nothing', ['lost: worker w stopped answering while it ran this']],
    ['its worker did not put its name to it, and others serve the pool', undefined, 'ready', 'nothing', []],
    ['a worker that leaves runs it without its name', undefined, 'draining', 'it', []],
    [
      'nobody is there to have it',
      undefined,
      'nothing',
      'nothing',
      ['lost: a worker took this and is gone, like all of its pool'],
    ],
  ] as const)('%s', (_case, by, beats, running, expected) => {
    expect(taken(by, beats, running)).toEqual(expected);
  });
});

it('a worker that has come just now is not taken for one that is gone', () => {
  const { fleet, emission } = emitted();
  const active = new Map([[idOf(emission.state), { worker_id: 'new', taken_at_ms: LATER }]]);
  const lostAt = (now: number): number => {
    fleet.applyHeartbeat(aHeartbeat('w'), now);
    return compare(POOL, [emission.state], { waiting: new Set(), active }, fleet, now).lost.length;
  };
  expect([LATER, LATER + 2000, LATER + 4000].map(lostAt)).toEqual([0, 0, 0]);
  fleet.applyCapabilities(aWorker('new', [aDevice()]), LATER);
  fleet.applyHeartbeat(aHeartbeat('new'), LATER + 4500);
  expect(lostAt(LATER + 6000)).toBe(0);
  fleet.expire(LATER + 10_000);
  expect(lostAt(LATER + 10_000)).toBe(1);
});

it('a worker that was killed and is back takes a job before its capabilities are known', () => {
  const fleet = new Fleet(T0);
  fleet.applyCapabilities(aWorker('w', [aDevice()]), T0);
  fleet.applyHeartbeat(aHeartbeat('w'), T0);
  fleet.markGone('w', LATER);
  expect(fleet.isLost('w', LATER)).toBe(true);
  const boot_id = newRunId();
  fleet.applyHeartbeat(aHeartbeat('w', { boot_id }), LATER + 1000);
  expect(fleet.isLost('w', LATER + 1001)).toBe(false);
  fleet.applyCapabilities({ ...aWorker('w', [aDevice()]), boot_id }, LATER + 1500);
  fleet.applyHeartbeat(aHeartbeat('w', { boot_id }), LATER + 2000);
  expect(fleet.isLost('w', LATER + 9000)).toBe(false);
});

it('a worker that is never heard of is gone, at last', () => {
  const fleet = new Fleet(T0);
  expect([LATER, LATER + 5000, LATER + 5001].map((now) => fleet.isLost('x', now))).toEqual([false, false, true]);
});
