import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GuardState, guard, type LoadLimits, type LoadReading, UNGUARDED } from './load-guard.ts';

const limits: LoadLimits = { max_temperature_celsius: 85, max_foreign_load_percent: 30, max_wait_ms: 60_000 };
const reading = (temperature_celsius: number | null, foreign_load_percent: number | null = 0): LoadReading => ({
  temperature_celsius,
  foreign_load_percent,
});

/** One reading a second. */
function after(...readings: LoadReading[]): GuardState {
  return readings.reduce((state, each, second) => guard(state, each, limits, second * 1000), UNGUARDED);
}

describe('the guard of a machine', () => {
  it.each([
    ['cool and quiet', [reading(85, 30)], undefined],
    ['too hot', [reading(86)], 'it has 86 °C, the limit is 85 °C'],
    ['busy with others', [reading(40, 31)], 'other programs use 31 % of its processors, the limit is 30 %'],
    ['still warm', [reading(90), reading(81)], 'it has 81 °C, the limit is 85 °C'],
    ['cooled down', [reading(90), reading(80)], undefined],
    ['still busy', [reading(40, 50), reading(40, 21)], 'other programs use 21 %'],
    ['calm again', [reading(40, 50), reading(40, 20)], undefined],
    ['of unknown temperature', [reading(null, null)], undefined],
  ])('that is %s', (_what, readings, message) => {
    if (message === undefined) expect(after(...readings).paused).toBeUndefined();
    else expect(after(...readings).paused?.message).toContain(message);
  });

  it('has no effect without limits', () => {
    const none = { max_temperature_celsius: null, max_foreign_load_percent: null, max_wait_ms: 1 };
    expect(guard(UNGUARDED, reading(200, 100), none, 0)).toEqual(UNGUARDED);
  });

  it('lets work go on, and says in spite of what, after the longest wait', () => {
    let state = UNGUARDED;
    const paused: boolean[] = [];
    for (let second = 0; second < 240; second++) {
      state = guard(state, reading(99), limits, second * 1000);
      paused.push(state.paused !== undefined);
      expect(state.paused?.message ?? state.in_spite_of).toContain('99 °C');
    }
    expect(paused.indexOf(false)).toBe(60);
    expect(paused.filter((each) => each)).toHaveLength(120);
  });

  it('never waits longer than the limit at a stretch, and never takes work above a limit before that', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 20, max: 110 }), fc.integer({ min: 0, max: 100 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(values, (list) => {
        let state = UNGUARDED;
        let waiting = 0;
        for (const [second, [celsius, percent]] of list.entries()) {
          state = guard(state, reading(celsius, percent), limits, second * 1000);
          waiting = state.paused === undefined ? 0 : waiting + 1;
          expect(waiting).toBeLessThanOrEqual(60);
          const over = celsius > 85 || percent > 30;
          if (over && state.paused === undefined) expect(state.in_spite_of).toBeDefined();
        }
      }),
    );
  });
});
