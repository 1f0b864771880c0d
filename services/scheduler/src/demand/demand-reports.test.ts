import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { T0 } from '../testing.ts';
import { DemandReports } from './demand-reports.ts';

function demand(over: Partial<PoolDemand> = {}): PoolDemand {
  return {
    pool: 'cpu-1',
    class: 'cpu',
    workers: 1,
    slots: 1,
    waiting: 0,
    emitted: 0,
    running: 0,
    oldest_wait_seconds: 0,
    expected_work_seconds: 0,
    unknown_work_tasks: 0,
    ...over,
  };
}

const MINUTE = 60_000;

describe('demand events', () => {
  it('tell of a new pool at once, of a change after 5 s, of a small one never', () => {
    const reports = new DemandReports(T0);
    expect(reports.due([demand()], T0)).toEqual([demand()]);
    const busy = demand({ waiting: 100 });
    expect(reports.due([busy], T0 + 4999)).toEqual([]);
    expect(reports.due([busy], T0 + 5000)).toEqual([busy]);
    expect(reports.due([demand({ waiting: 80 })], T0 + MINUTE)).toEqual([]);
    expect(reports.due([demand({ waiting: 70 })], T0 + MINUTE)).toHaveLength(1);
  });

  it('come every 15 minutes though nothing changes', () => {
    const reports = new DemandReports(T0);
    let events = 0;
    for (let second = 0; second <= 3600; second++) events += reports.due([demand()], T0 + second * 1000).length;
    expect(events).toBe(5);
  });

  it('say once that a pool has gone', () => {
    const reports = new DemandReports(T0);
    reports.due([demand({ waiting: 5 })], T0);
    expect(reports.due([], T0 + 5000)).toEqual([demand({ workers: 0, slots: 0 })]);
    expect(reports.due([], T0 + 60 * MINUTE)).toEqual([]);
  });

  it('stay within their allowance, and every pool gets its turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 20 }), (pools, factor) => {
        const reports = new DemandReports(T0);
        const seen = new Map<string, number>();
        const seconds = 400;
        let events = 0;
        for (let second = 0; second < seconds; second++) {
          const now = T0 + second * 1000;
          const all = Array.from({ length: pools }, (_, n) =>
            demand({ pool: `cpu-${n}`, waiting: ((second * factor) % 7) * 1000 + 1 }),
          );
          for (const { pool } of reports.due(all, now)) {
            expect(now - (seen.get(pool) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(5000);
            seen.set(pool, now);
            events++;
          }
        }
        expect(events).toBeLessThanOrEqual(100 + 2 * seconds);
        expect(seen.size).toBe(pools);
      }),
      { numRuns: 20 },
    );
  });
});
