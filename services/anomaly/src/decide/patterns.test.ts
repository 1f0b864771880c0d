import { describe, expect, it } from 'vitest';
import { decided } from './act.ts';
import { Failures } from './failures.ts';
import { thresholdFactor } from './feedback.ts';
import { incidentOf } from './incident.ts';
import type { PointRef } from './point-ref.ts';

describe('Failures', () => {
  const run = (failures: Failures, pool: string, ...ended: boolean[]): unknown[] =>
    ended.flatMap((failed) => failures.add({ benchmark: 'b', pool, failed }) ?? []);

  it('tells once that a benchmark fails more than it did, and again after it was over', () => {
    const failures = new Failures();
    expect(run(failures, 'p', ...Array(60).fill(false))).toEqual([]);
    const told = run(failures, 'p', ...Array(12).fill(true));
    expect(told).toMatchObject([{ failed: 4, of: 10, before: { share: 0, where: 'before' } }]);
    run(failures, 'p', ...Array(60).fill(false));
    expect(run(failures, 'p', ...Array(12).fill(true))).toHaveLength(1);
  });

  it('tells that it fails more on this pool than on others', () => {
    const failures = new Failures();
    run(failures, 'good', ...Array(60).fill(false));
    expect(run(failures, 'bad', ...Array(12).fill(true))).toMatchObject([{ before: { where: 'other pools' } }]);
  });

  it('says nothing of one that has always failed now and then', () => {
    const failures = new Failures();
    const now = Array.from({ length: 300 }, (_, i) => i % 4 === 0);
    expect(run(failures, 'p', ...now)).toEqual([]);
  });
});

it.each([
  [0, 0, 1, 1],
  [20, 0, 0.8, 0.9],
  [0, 20, 2, 2],
  [4, 1, 1, 1],
])('%d acknowledged and %d dismissed multiply the limits with %d to %d', (acknowledged, dismissed, low, high) => {
  const factor = thresholdFactor({ acknowledged, dismissed });
  expect(factor).toBeGreaterThanOrEqual(low);
  expect(factor).toBeLessThanOrEqual(high);
});

describe('incidentOf', () => {
  const ref = (source: PointRef['source']): PointRef => ({
    ...{
      attempt_id: 'r.t.1',
      run_id: 'r',
      task_id: 't',
      attempt: 1,
      measured_at: '',
      source,
      worker_id: 'w',
      pool: 'p',
    },
    confirms: null,
    measured_files: null,
  });
  const none = { points: 0, segments: [], tests: [], modes: [], effect_size: null, environment: [], contributions: [] };

  it('is the first bad version, the environment that changed, or else the run', () => {
    expect(incidentOf(ref({ commit: 'b', repo: 'x' }), ref({ commit: 'a', repo: 'x' }), none)).toBe('commit:x@b');
    expect(incidentOf(ref({ commit: 'a' }), ref({ commit: 'a' }), none)).toBe('run:r');
    expect(incidentOf(ref(null), null, none)).toBe('run:r');
    const environment = [{ what: 'driver', from: '1', to: '2' }];
    expect(incidentOf(ref({ commit: 'b' }), null, { ...none, environment })).toBe('environment:p:driver=2');
  });
});

it('a decision that changes nothing is refused', () => {
  const finding = { state: 'acknowledged', links: [], history: [], revision: 3 } as unknown as Parameters<
    typeof decided
  >[0];
  const act = { finding_id: 'f', by: 'me', reason: '' } as const;
  expect(decided(finding, { ...act, action: 'acknowledge' }, new Date())).toMatchObject({ code: 'no_change' });
  expect(decided(finding, { ...act, action: 'dismiss', reason: 'noise' }, new Date())).toMatchObject({
    revision: 4,
    state: 'dismissed',
    history: [{ by: 'me', reason: 'noise', state: 'dismissed' }],
  });
});
