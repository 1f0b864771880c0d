import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gate as gateSchema } from '../contracts/gate.ts';
import type { MetricVerdict, RunVerdict } from '../contracts/verdict.ts';
import { nextRepeat, REPEAT_RUNS_TAG, type RepeatState, repeatsOf } from './repeats.ts';

const T0 = Date.parse('2026-11-22T06:00:00.000Z');

function state(over: Partial<MetricVerdict> = {}, gate: object = {}, rounds: RepeatState['rounds'] = []): RepeatState {
  const metric = {
    ...{ benchmark: 'b', task_id: 't', pool: 'p', metric: 'latency_ms', verdict: 'cannot_tell', gate: 'warn' },
    ...{ more_repetitions: 4, baseline: null, ...over },
  } as MetricVerdict;
  const applied = gateSchema.parse({ on_cannot_tell: 'repeat', ...gate });
  const gates = [{ benchmark: 'b', gate: applied, of_request: [], of_server: [], server_rule: null }];
  const verdict = { metrics: [metric], gates } as unknown as RunVerdict;
  return { verdict, run: { state: 'finished', finished_at: new Date(T0).toISOString() }, rounds, now: T0 + 1000 };
}

const round = (runs: number, ended = true): RepeatState['rounds'][number] => ({
  state: ended ? 'finished' : 'accepted',
  tags: { [REPEAT_RUNS_TAG]: String(runs) },
});

describe('measuring again what can’t be told', () => {
  it('asks for as many as would do, within the budget', () => {
    expect(nextRepeat(state())).toMatchObject({ round: 1, runs: 4 });
    expect(nextRepeat(state({ more_repetitions: null }))).toMatchObject({ runs: 10 });
    expect(nextRepeat(state({}, { repeat_budget: { runs: 3 } }))).toMatchObject({ runs: 3 });
    expect(nextRepeat(state({}, {}, [round(8)]))).toMatchObject({ round: 2, runs: 2 });
  });

  it('asks for none where nothing is to be told, or nothing is left', () => {
    expect(nextRepeat(state({ verdict: 'slower' }))).toBeNull();
    expect(nextRepeat(state({ gate: 'report' }))).toBeNull();
    expect(nextRepeat(state({}, { on_cannot_tell: 'fail' }))).toBeNull();
    expect(nextRepeat(state({}, {}, [round(10)]))).toBeNull();
    expect(nextRepeat(state({}, {}, [round(4, false)]))).toBeNull();
    expect(nextRepeat({ ...state(), run: { state: 'accepted', finished_at: null } })).toBeNull();
    expect(nextRepeat({ ...state({}, { repeat_budget: { seconds: 60 } }), now: T0 + 61_000 })).toBeNull();
  });

  it('counts pairs that were measured on top in the lease', () => {
    const pairs = { count: 16, repeated: 10, devices: [] };
    const baseline = { pairs } as unknown as MetricVerdict['baseline'];
    expect(nextRepeat(state({ baseline }))).toBeNull();
    expect(repeatsOf(state({ baseline }))).toEqual({ spent: 10, budget: 54, is_running: false });
  });

  it('says that it is running while a round is, or is still to come', () => {
    expect(repeatsOf(state())).toEqual({ spent: 0, budget: 10, is_running: true });
    expect(repeatsOf(state({}, {}, [round(4, false)]))).toEqual({ spent: 4, budget: 10, is_running: true });
    expect(repeatsOf(state({}, {}, [round(10)]))).toEqual({ spent: 10, budget: 10, is_running: false });
    expect(repeatsOf(state({}, { on_cannot_tell: 'warn' }))).toBeUndefined();
  });

  it('ends, whatever the rounds say', () => {
    const more = fc.option(fc.integer({ min: 1, max: 100 }), { nil: null });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.infiniteStream(more), (runs, answers) => {
        const rounds: Array<RepeatState['rounds'][number]> = [];
        for (;;) {
          const more_repetitions = answers.next().value ?? null;
          const next = nextRepeat(state({ more_repetitions }, { repeat_budget: { runs } }, rounds));
          if (next === null) break;
          rounds.push(round(next.runs));
          expect(rounds.length).toBeLessThanOrEqual(runs);
        }
        const spent = repeatsOf(state({}, { repeat_budget: { runs } }, rounds))?.spent;
        expect(spent).toBe(runs);
      }),
    );
  });
});
