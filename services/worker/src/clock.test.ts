import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetClock } from './clock.ts';

/** A machine whose clocks are set by hand, and a server whose time is right. */
function machine(wall_offset_ms: number) {
  const state = { right: 1_800_000_000_000, wall_offset_ms, asleep_ms: 0 };
  const clock = new FleetClock({
    wall: () => state.right + state.wall_offset_ms,
    monotonic: () => state.right - 1_799_999_000_000 - state.asleep_ms,
  });
  const measure = (there_ms: number, back_ms: number): void => {
    const monotonic = () => state.right - 1_799_999_000_000 - state.asleep_ms;
    const sent = monotonic();
    state.right += there_ms;
    const server = state.right;
    state.right += back_ms;
    clock.set(server, sent, monotonic());
  };
  return { state, clock, measure };
}

const HOUR_MS = 3_600_000;

describe('the clock of a worker', () => {
  it('is right within half a round trip, whatever the machine shows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -40 * 365 * 24 * HOUR_MS, max: 40 * 365 * 24 * HOUR_MS }),
        fc.nat(2000),
        fc.nat(2000),
        fc.nat(HOUR_MS),
        (offset, there, back, later) => {
          const { state, clock, measure } = machine(offset);
          measure(there, back);
          state.right += later;
          const uncertainty = clock.offset?.uncertainty_ms ?? 0;
          expect(Math.abs(clock.now() - state.right)).toBeLessThanOrEqual(uncertainty);
          expect(Math.abs((clock.offset?.offset_ms ?? 0) - offset)).toBeLessThanOrEqual(uncertainty);
        },
      ),
    );
  });

  it('goes on when the clock of the machine is set, also backwards, and sees that it was', () => {
    const { state, clock, measure } = machine(0);
    measure(1, 1);
    const before = clock.now();
    state.wall_offset_ms = -HOUR_MS;
    state.right += 10;
    expect(clock.now()).toBeGreaterThan(before);
    expect(clock.hasJumped).toBe(true);
    expect(clock.offset?.offset_ms).toBeCloseTo(-HOUR_MS, -1);
    measure(1, 1);
    expect(clock.hasJumped).toBe(false);
  });

  it('is measured again after a sleep', () => {
    const { state, clock, measure } = machine(0);
    measure(1, 1);
    state.right += HOUR_MS;
    state.asleep_ms = HOUR_MS;
    expect(clock.hasJumped).toBe(true);
    measure(1, 1);
    expect(Math.abs(clock.now() - state.right)).toBeLessThanOrEqual(2);
  });

  it('is told of once when it is wrong, and when it is right again', () => {
    const { state, clock, measure } = machine(0);
    measure(1, 1);
    expect(clock.takeChange()).toBeUndefined();
    state.wall_offset_ms = 90_000;
    expect(clock.takeChange()?.offset_ms).toBeCloseTo(90_000, -1);
    expect(clock.takeChange()).toBeUndefined();
    state.wall_offset_ms = 0;
    expect(clock.takeChange()?.offset_ms).toBeCloseTo(0, -1);
    expect(clock.takeChange()).toBeUndefined();
  });

  it('is the machine’s until it was measured', () => {
    const { state, clock } = machine(5);
    expect(clock.now()).toBe(state.right + 5);
    expect(clock.offset).toBeUndefined();
  });
});
