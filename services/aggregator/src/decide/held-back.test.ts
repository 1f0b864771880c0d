import { describe, expect, it } from 'vitest';
import { type CircuitEvent, circuitPeriods, quarantinePeriods, useOfCircuits, useOfQuarantines } from './held-back.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const events = (...kinds: Array<string | [kind: string, worker_id: string]>) =>
  kinds.map((each, second) => {
    const [kind, worker_id] = typeof each === 'string' ? [each, 'w-1'] : each;
    return { worker_id, at: at(second), kind, message: `${kind} at ${second}` };
  });

describe('quarantines', () => {
  it.each([
    {
      name: 'of the scheduler, which the worker repeats',
      of: events('quarantined', 'paused', 'check_failed', 'check_failed', 'released', 'changed'),
      is: [{ by: 'scheduler', started_at: at(0), ended_at: at(4), ended_by: 'health_check', checks_failed: 2 }],
    },
    {
      name: 'of the scheduler, where the worker is faster',
      of: events('paused', 'quarantined', 'changed', 'released'),
      is: [
        { by: 'scheduler', reason: 'quarantined at 1', started_at: at(0), ended_at: at(2), ended_by: 'health_check' },
      ],
    },
    {
      name: 'of a person, heard again meanwhile',
      of: events('changed', 'paused', 'paused', 'changed', 'changed'),
      is: [{ by: 'user', reason: 'paused at 1', started_at: at(1), ended_at: at(3), ended_by: 'user' }],
    },
    {
      name: 'that began before the first event',
      of: events('check_failed', 'released'),
      is: [{ by: 'scheduler', started_at: null, ended_at: at(1), checks_failed: 1 }],
    },
    {
      name: 'of two workers, one of them twice and still there',
      of: events('quarantined', ['quarantined', 'w-2'], 'released', ['released', 'w-2'], 'quarantined'),
      is: [
        { worker_id: 'w-1', ended_at: at(2) },
        { worker_id: 'w-2', ended_at: at(3) },
        { worker_id: 'w-1', started_at: at(4), ended_at: null, ended_by: null },
      ],
    },
    { name: 'are none where a worker only changed', of: events('changed', 'changed'), is: [] },
  ])('$name', ({ of, is }) => {
    const found = quarantinePeriods(of);
    expect(found).toHaveLength(is.length);
    expect(found).toMatchObject(is);
  });

  it('succeeded where the next attempt of the worker completed', () => {
    const periods = quarantinePeriods(
      events('quarantined', 'released', 'quarantined', 'released', 'quarantined', 'released', 'quarantined'),
    );
    const next = ['completed', 'failed', null, null];
    expect(useOfQuarantines(periods.map((each, place) => ({ ...each, next_status: next[place] ?? null })))).toEqual([
      { strategy: 'quarantine', error_class: '', times: 4, decided: 2, succeeded: 1, median_seconds: 1 },
    ]);
    expect(useOfQuarantines([])).toEqual([]);
  });
});

describe('circuits', () => {
  const circuit = (second: number, kind: 'opened' | 'half_open' | 'closed', subject = 'bert'): CircuitEvent => ({
    ...{ at: at(second), kind: `circuit_${kind}`, message: kind, subject, hardware: 'cpu', error_class: 'crash' },
  });

  it('are one from the first opening until it closes, whatever its trials do', () => {
    const periods = circuitPeriods([
      ...[circuit(0, 'opened'), circuit(1, 'half_open'), circuit(2, 'opened'), circuit(3, 'opened', 'gpt2')],
      ...[circuit(4, 'half_open'), circuit(6, 'closed'), circuit(9, 'opened')],
    ]);
    expect(periods).toMatchObject([
      { subject: 'bert', opened_at: at(0), closed_at: at(6), trials_failed: 1, reason: 'opened' },
      { subject: 'gpt2', opened_at: at(3), closed_at: null, trials_failed: 0 },
      { subject: 'bert', opened_at: at(9), closed_at: null },
    ]);
    expect(useOfCircuits(periods)).toEqual([
      { strategy: 'circuit_breaker', error_class: 'crash', times: 4, decided: 2, succeeded: 1, median_seconds: 6 },
    ]);
  });

  it('that opened before the first event have no time of it', () => {
    expect(circuitPeriods([circuit(1, 'half_open'), circuit(2, 'closed')])).toMatchObject([
      { opened_at: null, closed_at: at(2), trials_failed: 0 },
    ]);
  });
});
