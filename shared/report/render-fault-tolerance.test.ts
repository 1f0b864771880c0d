import fc from 'fast-check';
import { parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import { type FaultTolerance, RECOVERY_STRATEGIES } from '../contracts/fault-tolerance.ts';
import { renderFaultTolerance } from './render-fault-tolerance.ts';

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant(hostile));
const count = fc.integer({ min: 0, max: 1000 });
const at = fc.constantFrom('2026-11-25T10:00:00.000Z', '2026-11-27T23:59:00.000Z', '2026-11-28T00:00:00.000Z');
const maybe = fc.option(at, { nil: null });

const reports: fc.Arbitrary<FaultTolerance> = fc.record({
  ...{ since: fc.constant('2026-11-25T10:00:00.000Z'), until: fc.constant('2026-11-28T00:00:00.000Z') },
  ...{ bucket_seconds: fc.constantFrom(3600, 14_400, 86_400), attempts: count, failed_attempts: count },
  ...{ failed_tasks: count, recovered_tasks: count },
  pools: fc.array(fc.record({ pool: text, attempts: count, failed: count }), { maxLength: 4 }),
  failures: fc.array(fc.record({ at, pool: text, error_class: text, attempts: count }), { maxLength: 6 }),
  strategies: fc.array(
    fc.record({
      ...{ strategy: fc.constantFrom(...RECOVERY_STRATEGIES), error_class: text, times: count, decided: count },
      ...{ succeeded: count, median_seconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: null }) },
    }),
    { maxLength: 4 },
  ),
  quarantines: fc.array(
    fc.record({
      ...{ worker_id: text, by: fc.constantFrom('scheduler' as const, 'user' as const), reason: text },
      ...{ started_at: maybe, ended_at: maybe, checks_failed: count, next_status: fc.option(text, { nil: null }) },
      ended_by: fc.constantFrom('health_check' as const, 'user' as const, null),
    }),
    { maxLength: 3 },
  ),
  circuits: fc.array(
    fc.record({
      ...{ subject: text, hardware: text, error_class: text, reason: text, opened_at: maybe, closed_at: maybe },
      trials_failed: count,
    }),
    { maxLength: 3 },
  ),
  truncated: fc.constantFrom([], ['pools' as const, 'failures' as const]),
});
const NOW = new Date('2026-11-28T00:00:00.000Z');

describe('a report of fault tolerance', () => {
  it('is a whole document without a script or anything from elsewhere, whatever the names are', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const problems: string[] = [];
        const page = renderFaultTolerance(report, NOW);
        parse(page, { onParseError: ({ code }) => void problems.push(code) });
        expect(problems).toEqual([]);
        expect(page).not.toMatch(/<(script|img|iframe|link|object|embed)|NaN|undefined<|Infinity/);
      }),
    );
  });

  it('says that nothing ended, and what a limit cut', () => {
    const nothing = { attempts: 0, failed_attempts: 0, failed_tasks: 0, recovered_tasks: 0, bucket_seconds: 3600 };
    const lists = { pools: [], failures: [], strategies: [], quarantines: [], circuits: [] };
    const range = { since: '2026-11-25T10:00:00.000Z', until: '2026-11-28T00:00:00.000Z' };
    const page = renderFaultTolerance({ ...nothing, ...lists, ...range, truncated: ['failures'] }, NOW);
    expect(page).toContain('No attempt ended in this time.');
    expect(page).toContain('The list of failures is cut');
  });

  it('counts what failed into the bar of its time', () => {
    const cell = { pool: 'cpu-a', error_class: 'lost_worker' };
    const failures = [
      { ...cell, at: '2026-11-25T00:00:00.000Z', attempts: 3 },
      { ...cell, at: '2026-11-27T00:00:00.000Z', attempts: 4 },
    ];
    const [report] = fc.sample(reports, 1);
    if (report === undefined) throw new Error('no sample');
    const page = renderFaultTolerance({ ...report, bucket_seconds: 86_400, failures }, NOW);
    expect(page).toContain('lost worker: 7 from 2026-11-25 to 2026-11-28');
    expect(page.match(/<rect /g)).toHaveLength(2);
  });
});
