import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readOutcome } from './read-outcome.ts';
import { SeriesBook } from './series-book.ts';

const now = new Date('2026-11-22T02:00:00.000Z');
const WIGGLE = [0, 1, -1, 0.5, -0.5];

let book: SeriesBook;
beforeEach(() => {
  book = new SeriesBook({
    detectionOf: () => ({
      single: { threshold: 5, min_runs: 5, window: 50 },
      least_change_percent: 0,
      confirmation: { runs: 0, kinds: ['regression'] },
    }),
    levels: DEFAULT_SETTINGS,
    confirmPerHour: () => 100,
    main_branches: ['main', 'master', 'release/*'],
    owns: () => true,
  });
});

let measured = 0;
function measure(source: Source | null, level: number): Finding[] {
  const value = level + (WIGGLE[measured++ % WIGGLE.length] ?? 0);
  const outcome = {
    ...{ v: 1, run_id: newRunId(), task_id: 'a', attempt: 1, max_attempts: 1, status: 'completed', error: null },
    ...{ worker_id: 'w', device_id: 'd', pool: 'cpu-1', fingerprint: 'f', benchmark: 'bench', executor: 'command' },
    ...{ model: 'bert', precision: null, scenario: null, variant: '', request_name: null, source, tags: {} },
    ...{ queued_at: now.toISOString(), started_at: now.toISOString(), finished_at: now.toISOString() },
    ...{ execution_time_seconds: 1, hardware_metrics: null, environment: {}, logs: null },
    simulation_status: { is_simulated: false },
    results: {
      metrics: { latency_ms: { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 } },
    },
  } as Outcome;
  const read = readOutcome(new TextEncoder().encode(JSON.stringify(outcome)), outcomeSubject(outcome), new Date());
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return book.fold(read.value, now);
}

const main = (position: number, level = 100): Finding[] =>
  measure({ commit: `c${position}`, branch: 'main', position }, level);

describe('levels are those of main lines', () => {
  it('points of branches and pull requests make no finding and move nothing', () => {
    for (let n = 1; n <= 20; n++) main(n);
    for (let n = 1; n <= 30; n++) {
      expect(measure({ commit: `p${n}`, pull_request: n, base: 'main' }, 130)).toEqual([]);
      expect(measure({ commit: `b${n}`, branch: 'feature', base: 'main' }, 70)).toEqual([]);
    }
    // Unchanged main is no improvement after so many slow pull requests, and a slow one is a regression.
    expect(main(21)).toEqual([]);
    expect(main(22, 130)).toMatchObject([{ kind: 'regression', state: 'suspected', baseline: { n: 21 } }]);
  });

  it('a late result of an old commit is put in its place and says nothing about newer commits', () => {
    for (let n = 1; n <= 30; n++) if (n !== 5) expect(main(n)).toEqual([]);
    expect(main(5, 130)).toEqual([]);
    expect(main(31)).toEqual([]);
    expect(main(7, 130)).toEqual([]);
    // A value that the line has not had, late or not.
    expect(main(32, 150)).toMatchObject([{ kind: 'regression' }]);
  });

  it('a release line starts from the level that it left the trunk at, and has its own from there', () => {
    for (let n = 1; n <= 20; n++) main(n);
    for (let n = 21; n <= 30; n++) main(n, 70);
    const release = (n: number, level: number): Finding[] =>
      measure({ commit: `r${n}`, branch: 'release/1', base: 'c20' }, level);
    expect(release(1, 100)).toEqual([]);
    expect(release(2, 130)).toMatchObject([{ kind: 'regression', baseline: { n: 21 } }]);
    expect(main(31, 70)).toEqual([]);
  });
});
