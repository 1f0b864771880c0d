import type { Absence } from '@benchwire/shared/contracts/worker.ts';
import { describe, expect, it } from 'vitest';
import { aDevice, aHeartbeat, aWorker, T0 } from '../testing.ts';
import { Absences } from './absences.ts';
import { Fleet } from './fleet.ts';

/** Long enough for a worker to have come back to a stack that has come up. */
const LATER = T0 + 60_000;

function registered(boot_id = 'boot-1'): { fleet: Fleet; absences: Absences } {
  const fleet = new Fleet(T0);
  fleet.applyCapabilities(aWorker('w', [aDevice()], boot_id), T0);
  const absences = new Absences();
  absences.is_known = true;
  return { fleet, absences };
}

const told = (state: Absence['state'], boot_id = 'boot-1'): Absence => ({
  ...{ v: 1, worker_id: 'w', boot_id, state },
  at: new Date(T0).toISOString(),
});

describe('registered workers that are not heard', () => {
  it('are lost once they have had time to come back', () => {
    const { fleet, absences } = registered();
    expect(absences.untold(fleet, T0 + 10_000)).toEqual([]);
    expect(absences.untold(fleet, LATER)).toMatchObject([{ state: 'lost', capabilities: { worker_id: 'w' } }]);
  });

  it('get that time anew after an outage in which nobody could be heard', () => {
    const { fleet, absences } = registered();
    fleet.forgiveSilence(LATER);
    expect(absences.untold(fleet, LATER + 10_000)).toEqual([]);
    expect(absences.untold(fleet, LATER + 60_000)).toHaveLength(1);
  });

  it('are not told before it is known what was told', () => {
    const { fleet, absences } = registered();
    absences.is_known = false;
    expect(absences.untold(fleet, LATER)).toEqual([]);
  });

  it('are told once, and again after a new start or a return', () => {
    const { fleet, absences } = registered();
    const first = absences.untold(fleet, LATER)[0]?.event_id;
    // A successor that does not know of it makes the same event.
    expect(absences.untold(registered().fleet, LATER + 1)[0]?.event_id).toBe(first);
    absences.apply(told('lost'));
    expect(absences.untold(fleet, LATER)).toEqual([]);
    absences.apply(told('here'));
    expect(absences.untold(fleet, LATER)[0]?.event_id).not.toBe(first);
    absences.apply(told('lost'));
    fleet.applyCapabilities(aWorker('w', [aDevice()], 'boot-2'), LATER);
    expect(absences.untold(fleet, LATER + 1000)).toEqual([]);
    expect(absences.untold(fleet, LATER + 60_000)).toHaveLength(1);
  });

  it('have left, where they said so and their entry stayed', () => {
    const { fleet, absences } = registered();
    fleet.applyHeartbeat(aHeartbeat('w'), T0);
    fleet.applyHeartbeat(aHeartbeat('w', { state: 'left' }), T0);
    expect(absences.untold(fleet, T0)).toMatchObject([{ state: 'left' }]);
    absences.apply(told('left'));
    expect(absences.untold(fleet, LATER)).toEqual([]);
    expect(absences.returned(fleet)).toEqual([]);
  });

  it('are nobody any more when their entry is gone', () => {
    const { fleet, absences } = registered();
    fleet.applyRemoval('w');
    expect(absences.untold(fleet, LATER)).toEqual([]);
  });

  it('are lost at once when they were heard and fall silent, also without an entry', () => {
    const { fleet, absences } = registered();
    fleet.applyHeartbeat(aHeartbeat('w'), T0);
    fleet.applyRemoval('w');
    expect(fleet.expire(T0 + 5001)).toHaveLength(1);
    expect(absences.untold(fleet, T0 + 5001)).toMatchObject([{ state: 'lost', last_seen_ms: T0 }]);
  });

  it('are back when the same start of them is heard again', () => {
    const { fleet, absences } = registered();
    absences.apply(told('lost'));
    expect(absences.returned(fleet)).toEqual([]);
    fleet.applyHeartbeat(aHeartbeat('w', { state: 'draining' }), LATER);
    expect(absences.returned(fleet)).toMatchObject([{ worker: { state: 'draining' }, told: { worker_id: 'w' } }]);
    absences.apply(told('here'));
    expect(absences.returned(fleet)).toEqual([]);
  });

  it('speak for themselves when they were started anew', () => {
    const { fleet, absences } = registered('boot-2');
    absences.apply(told('lost', 'boot-1'));
    fleet.applyHeartbeat(aHeartbeat('w', { boot_id: 'boot-2' }), LATER);
    expect(absences.returned(fleet)).toEqual([]);
  });
});
