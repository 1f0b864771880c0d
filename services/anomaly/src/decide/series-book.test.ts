import { finding } from '@benchwire/shared/contracts/finding.ts';
import { attemptId, newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { describe, expect, it } from 'vitest';
import { kindOf } from './describe-finding.ts';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';
import { SeriesBook } from './series-book.ts';

const options = { threshold: 5, min_runs: 5, window: 50 };
const now = new Date('2026-11-22T02:00:00.000Z');

function outcomeOf(value: number, changes: Partial<Outcome> = {}): Outcome {
  return {
    v: 1,
    run_id: newRunId(),
    task_id: 'a',
    attempt: 1,
    max_attempts: 1,
    status: 'completed',
    error: null,
    worker_id: 'w',
    device_id: 'd',
    pool: 'cpu-1',
    fingerprint: 'f',
    benchmark: 'bench',
    executor: 'command',
    model: 'bert',
    precision: null,
    scenario: null,
    variant: '',
    request_name: null,
    source: { commit: `c${value}` },
    tags: {},
    queued_at: now.toISOString(),
    started_at: now.toISOString(),
    finished_at: now.toISOString(),
    execution_time_seconds: 1,
    results: {
      metrics: { latency_ms: { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 } },
    },
    hardware_metrics: null,
    environment: {},
    simulation_status: { is_simulated: false },
    logs: null,
    ...changes,
  };
}

const read = (outcome: Outcome): ReadOutcome => {
  const result = readOutcome(new TextEncoder().encode(JSON.stringify(outcome)));
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
};

describe('SeriesBook', () => {
  it('finds a step, with the numbers and a sentence that says why', () => {
    const book = new SeriesBook(options);
    for (const value of [100, 101, 99, 100, 102, 98]) expect(book.fold(read(outcomeOf(value)), now)).toEqual([]);
    const slow = outcomeOf(130, { source: { commit: 'bad' } });
    const [found, ...more] = book.fold(read(slow), now);
    expect(more).toEqual([]);
    expect(finding.parse(found)).toMatchObject({
      finding_id: `${found?.series_id}.${attemptId(slow)}`,
      kind: 'regression',
      unit: 'ms',
      value: 130,
      source: { commit: 'bad' },
      previous_source: { commit: 'c98' },
      baseline: { median: 100, n: 6, values: [100, 101, 99, 100, 102, 98] },
      change_percent: 30,
    });
    expect(found?.message).toMatch(
      /^latency_ms of bench with bert is 130 ms, 30 % higher than the median 100 ms of the 6 runs before: 20\.\d+ times their noise of 1\.4\d+ ms/,
    );
  });

  it('the first report of an attempt counts, whatever it says', () => {
    const book = new SeriesBook(options);
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    const slow = outcomeOf(200);
    book.fold(read({ ...slow, status: 'lost', results: {} }), now);
    expect(book.fold(read(slow), now)).toEqual([]);
    const other = outcomeOf(200);
    expect(book.fold(read(other), now)).toHaveLength(1);
    expect(book.fold(read(other), now)).toEqual([]);
  });

  it('does not mix simulated with real values', () => {
    const book = new SeriesBook(options);
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    const simulated = { simulation_status: { is_simulated: true } };
    for (let i = 0; i < 6; i++) expect(book.fold(read(outcomeOf(500, simulated)), now)).toEqual([]);
    expect(book.fold(read(outcomeOf(900, simulated)), now)).toHaveLength(1);
    expect(book.fold(read(outcomeOf(100)), now)).toEqual([]);
    expect(book.size).toBe(2);
  });

  it('comes to the same level from the history as from the stream', () => {
    const values = [100, 101, 99, 100, 130, 131, 129, 130, 130, 128, 131];
    const folded = new SeriesBook(options);
    for (const value of values) folded.fold(read(outcomeOf(value)), now);
    const restored = new SeriesBook(options);
    const [series_id] = new Set(folded.fold(read(outcomeOf(500)), now).map((f) => f.series_id));
    for (const value of values) {
      restored.remember(series_id ?? '', { value, ci_low: null, ci_high: null, steady: null, source: null });
    }
    const last = restored.fold(read(outcomeOf(500)), now);
    expect(last[0]?.baseline.median).toBe(folded.fold(read(outcomeOf(501)), now)[0]?.baseline.median);
  });
});

describe('readOutcome', () => {
  it('skips what measured nothing without a full check', () => {
    expect(read(outcomeOf(1, { results: {} }))).toEqual({ kind: 'nothing' });
    expect(read(outcomeOf(1, { results: { batch_sizes: {}, metrics: {}, timings: { load_ms: 1 } } })).kind).toBe(
      'nothing',
    );
    expect(read(outcomeOf(1, { status: 'failed' })).kind).toBe('unmeasured');
    expect(read(outcomeOf(1)).kind).toBe('measured');
  });

  it.each(['', 'x', '3', 'null', '[]', '{}', '{"status":"completed","results":{"metrics":{"a":1}}}'])(
    'refuses %j with its issues',
    (text) => {
      const result = readOutcome(new TextEncoder().encode(text));
      expect(result.ok ? [] : result.issues).not.toEqual([]);
    },
  );
});

it.each([
  ['latency_ms', 1, 'regression'],
  ['latency_ms', -1, 'improvement'],
  ['throughput_items_per_second', 1, 'improvement'],
  ['throughput_items_per_second', -1, 'regression'],
  ['my_number', 1, 'change'],
] as const)('%s on side %d is a %s', (metric, side, kind) => {
  expect(kindOf(metric, side)).toBe(kind);
});
