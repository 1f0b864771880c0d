import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ReadOutcome, readOutcome } from './read-outcome.ts';
import { type BookOptions, SeriesBook } from './series-book.ts';

const options: BookOptions = {
  detectionOf: () => ({
    single: { threshold: 5, min_runs: 5, window: 50 },
    least_change_percent: 0,
    confirmation: { runs: 3, kinds: ['regression'] },
  }),
  levels: DEFAULT_SETTINGS,
  confirmPerHour: () => 100,
  main_branches: ['main'],
  owns: () => true,
};
const now = new Date('2026-11-22T02:00:00.000Z');

function outcomeOf(value: number): Outcome {
  const at = now.toISOString();
  return outcome.parse({
    ...{ v: 1, run_id: newRunId(), task_id: 'a', attempt: 1, max_attempts: 1, status: 'completed', error: null },
    ...{ worker_id: 'w', device_id: 'd', pool: 'cpu-1', fingerprint: 'f', benchmark: 'bench', executor: 'command' },
    ...{ model: 'bert', precision: null, scenario: null, variant: '', request_name: null, source: null, tags: {} },
    ...{ queued_at: at, started_at: at, finished_at: at, execution_time_seconds: 1, hardware_metrics: null },
    ...{ environment: {}, simulation_status: { is_simulated: false }, logs: null },
    results: {
      metrics: { latency_ms: { value, unit: 'ms', ci_low: null, ci_high: null, min: value, max: value, samples: 1 } },
    },
  });
}

function read(written: Outcome): ReadOutcome {
  const result = readOutcome(new TextEncoder().encode(JSON.stringify(written)), outcomeSubject(written), now);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

const usual = [100, 101, 99, 100, 102, 98];

it('judges what comes as if deleted runs had never been measured, whatever is delivered of them again', () => {
  const point = fc.record({ value: fc.integer({ min: 90, max: 200 }), goes: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(point, { maxLength: 40 }),
      fc.array(fc.integer({ min: 90, max: 200 }), { maxLength: 15 }),
      (before, after) => {
        const past = before.map(({ value, goes }) => ({ goes, read: read(outcomeOf(value)) }));
        const [forgetful, without] = [new SeriesBook(options), new SeriesBook(options)];
        for (const each of past) {
          forgetful.rememberOutcome(each.read);
          if (!each.goes) without.rememberOutcome(each.read);
        }
        const gone = past.flatMap((each) =>
          each.goes && each.read.kind === 'measured' ? each.read.outcome.run_id : [],
        );
        expect(forgetful.forgetRuns(gone, now)).toEqual([]);
        expect(forgetful.forgetRuns(gone, now)).toEqual([]);
        for (const each of past) if (each.goes) expect(forgetful.fold(each.read, now)).toEqual([]);
        for (const value of after) {
          const next = read(outcomeOf(value));
          // Shapes of outcomes have two metrics or more here, so only the series judge.
          expect(forgetful.fold(next, now)).toEqual(without.fold(next, now));
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** A step of 30 %, of which the first bad run is deleted after so many more like it. */
function stepOf(more: number): { revisions: Finding[]; book: SeriesBook } {
  const book = new SeriesBook(options);
  for (const value of usual) book.fold(read(outcomeOf(value)), now);
  const bad = outcomeOf(130);
  expect(book.fold(read(bad), now)[0]).toMatchObject({ kind: 'regression', state: 'suspected', run_id: bad.run_id });
  for (let n = 0; n < more; n++) book.fold(read(outcomeOf(130 + (n % 3))), now);
  const revisions = book.forgetRuns([bad.run_id], now);
  expect(book.forgetRuns([bad.run_id], now)).toEqual([]);
  return { revisions, book };
}

it('withdraws a finding that only the deleted run shows', () => {
  const { revisions, book } = stepOf(0);
  expect(revisions).toMatchObject([{ state: 'went_away', revision: 2 }]);
  expect(revisions[0]?.history.at(-1)?.reason).toContain('deleted');
  expect(book.fold(read(outcomeOf(100)), now)).toEqual([]);
});

it('finds the same step again at the next run where only the first one was deleted', () => {
  const { book } = stepOf(0);
  const next = outcomeOf(131);
  expect(book.fold(read(next), now)[0]).toMatchObject({ kind: 'regression', run_id: next.run_id });
});

it('leaves a settled finding that later runs show, and notes it', () => {
  const book = new SeriesBook(options);
  for (const value of usual) book.fold(read(outcomeOf(value)), now);
  const bad = outcomeOf(130);
  const [found] = book.fold(read(bad), now);
  if (found === undefined) throw new Error('the step was not found');
  const newest = book.findings.get(found.finding_id) ?? found;
  book.take({ ...newest, revision: newest.revision + 1, state: 'acknowledged' });
  book.fold(read(outcomeOf(131)), now);
  const [noted, ...more] = book.forgetRuns([bad.run_id], now);
  expect(more).toEqual([]);
  expect(noted).toMatchObject({ finding_id: found.finding_id, state: 'acknowledged' });
  expect(noted?.history.at(-1)?.reason).toContain('later runs show it');
});
