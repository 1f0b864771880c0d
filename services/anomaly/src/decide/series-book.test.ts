import { type Finding, finding } from '@benchwire/shared/contracts/finding.ts';
import { attemptId, newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcomeSubject } from '@benchwire/shared/contracts/outcome.ts';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { describe, expect, it } from 'vitest';
import { kindOf } from './describe-finding.ts';
import { CONFIRMS_TAG, type PointRef } from './point-ref.ts';
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
  main_branches: ['main', 'master', 'release/*'],
  owns: () => true,
};
const now = new Date('2026-11-22T02:00:00.000Z');

/** Each outcome is of a commit of its own, as it would be, and a commit's name says its value. */
let commits = 0;

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
    source: { commit: `c${value}-${commits++}` },
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
  const result = readOutcome(new TextEncoder().encode(JSON.stringify(outcome)), outcomeSubject(outcome), new Date());
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
};

describe('SeriesBook', () => {
  it('goes on from the history of the same settings under another way to write them', () => {
    const book = new SeriesBook(options);
    const values = [100, 101, 99, 100, 102, 98];
    for (const value of values) expect(book.fold(read(outcomeOf(value, { variant: 'shapes' })), now)).toEqual([]);
    const named = { variant: 'dimensions', variant_as_written: 'shapes' };
    const slow = book.fold(read(outcomeOf(130, named)), now);
    expect(slow[0]).toMatchObject({ baseline: { n: values.length } });
    const other = book.fold(read(outcomeOf(500, { variant: 'other', variant_as_written: 'unknown' })), now);
    expect(other).toEqual([]);
  });

  it('finds a step, with the numbers and a sentence that says why', () => {
    const book = new SeriesBook(options);
    for (const value of [100, 101, 99, 100, 102, 98]) expect(book.fold(read(outcomeOf(value)), now)).toEqual([]);
    const slow = outcomeOf(130, { source: { commit: 'bad' } });
    const [found, asked, ...more] = book.fold(read(slow), now);
    expect(more).toEqual([]);
    expect(asked).toMatchObject({
      finding_id: found?.finding_id,
      revision: 1,
      confirmations: [
        {
          request_id: `confirm-${attemptId(slow)}-1`,
          on: 'sibling',
          suspected_worker_id: 'w',
          agrees: null,
        },
      ],
    });
    expect(finding.parse(found)).toMatchObject({
      state: 'suspected',
      revision: 0,
      incident_id: 'commit:bad',
      culprit: {
        last_good: { source: { commit: expect.stringMatching(/^c98-/) } },
        first_bad: { source: { commit: 'bad' }, value: 130 },
      },
      finding_id: `${found?.series_id}.${attemptId(slow)}`,
      kind: 'regression',
      unit: 'ms',
      value: 130,
      source: { commit: 'bad' },
      previous_source: { commit: expect.stringMatching(/^c98-/) },
      baseline: { median: 100, n: 6, values: [100, 101, 99, 100, 102, 98] },
      change_percent: 30,
    });
    expect(found?.message).toMatch(
      /^latency_ms of bench with bert is 130 ms, 30 % higher than the median 100 ms of the 6 runs before: 20\.\d+ times their noise of 1\.4\d+ ms/,
    );
  });

  it('a value that may have been slow already is within the culprit range', () => {
    const book = new SeriesBook(options);
    for (let run = 0; run < 24; run++) book.fold(read(outcomeOf([100, 101, 99, 102, 98][run % 5] as number)), now);
    expect(book.fold(read(outcomeOf(106)), now)).toEqual([]);
    const [found] = book.fold(read(outcomeOf(111)), now);
    expect(found?.culprit).toMatchObject({
      last_good: { source: { commit: expect.stringMatching(/^c102-/) } },
      first_bad: { source: { commit: expect.stringMatching(/^c111-/) } },
    });
  });

  it('the first report of an attempt counts, whatever it says', () => {
    const book = new SeriesBook(options);
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    const slow = outcomeOf(200);
    book.fold(read({ ...slow, status: 'lost', results: {} }), now);
    expect(book.fold(read(slow), now)).toEqual([]);
    const other = outcomeOf(200);
    expect(ids(book.fold(read(other), now))).toHaveLength(1);
    expect(book.fold(read(other), now)).toEqual([]);
  });

  it('does not mix simulated with real values', () => {
    const book = new SeriesBook(options);
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    const simulated = { simulation_status: { is_simulated: true } };
    for (let i = 0; i < 6; i++) expect(book.fold(read(outcomeOf(500, simulated)), now)).toEqual([]);
    expect(ids(book.fold(read(outcomeOf(900, simulated)), now))).toHaveLength(1);
    expect(book.fold(read(outcomeOf(100)), now)).toEqual([]);
    expect(book.size).toBe(2);
  });

  it('is confirmed by two re-runs that agree, and asks no more', () => {
    const { book, slow, again } = suspicion();
    expect(again(131)).toMatchObject([
      { state: 'suspected', confirmations: [{ agrees: true, value: 131 }] },
      { state: 'suspected', confirmations: [{ agrees: true }, { request_id: `confirm-${attemptId(slow)}-2` }] },
    ]);
    expect(again(129)).toMatchObject([
      { state: 'confirmed', history: [{ state: 'suspected' }, { state: 'confirmed' }] },
    ]);
    // The new level is the usual one now, and going back is news.
    for (let i = 0; i < 5; i++) expect(book.fold(read(outcomeOf(130 + (i % 2))), now)).toEqual([]);
    expect(book.fold(read(outcomeOf(100)), now)).toMatchObject([{ kind: 'improvement', state: 'suspected' }]);
  });

  it('went away where the first re-run measures the level before', () => {
    const { book, again } = suspicion();
    expect(again(101)).toMatchObject([
      { state: 'went_away', history: [{}, { reason: expect.stringContaining('stayed') }] },
    ]);
    expect(book.fold(read(outcomeOf(100)), now)).toEqual([]);
  });

  it('goes by the third re-run where the first two disagree', () => {
    const { again } = suspicion();
    again(131);
    expect(again(100)).toMatchObject([{ state: 'suspected' }, { confirmations: [{}, {}, { on: 'sibling' }] }]);
    expect(again(99)).toMatchObject([{ state: 'went_away' }]);
  });

  it('a small step after a level that was not held for long waits for the next points, although re-runs agree', () => {
    const book = new SeriesBook(options);
    for (let run = 0; run < 25; run++) book.fold(read(outcomeOf([100, 101, 99, 102, 98][run % 5] as number)), now);
    const slow = outcomeOf(112);
    expect(book.fold(read(slow), now)[0]).toMatchObject({ state: 'suspected' });
    const tags = { [CONFIRMS_TAG]: attemptId(slow) };
    const answers = [113, 112].flatMap((value) => book.fold(read(outcomeOf(value, { tags })), now));
    expect(answers.at(-1)).toMatchObject({
      state: 'suspected',
      history: [{}, { reason: expect.stringContaining('the next points decide') }],
      confirmations: [{ agrees: true }, { agrees: true }],
    });
    expect(answers.at(-1)?.evidence?.tests).toContainEqual(
      expect.objectContaining({ name: 'held_before', value: 25, limit: 120, passed: false }),
    );
    const next = Array.from({ length: 20 }, (_, run) =>
      book.fold(read(outcomeOf([112, 113, 111][run % 3] as number)), now),
    );
    expect(next.flat().at(-1)).toMatchObject({ state: 'confirmed', history: [{}, {}, { state: 'confirmed' }] });
  });

  it('waits for points where all re-runs were measured in one go on the only device, and asks it twice at most', () => {
    const book = new SeriesBook(options);
    const usual = [100, 101, 99, 102, 98];
    const fold = (value: number, changes: Partial<Outcome> = {}) => book.fold(read(outcomeOf(value, changes)), now);
    // It was there once by itself for two points.
    for (let run = 0; run < 130; run++) fold(run === 60 || run === 61 ? 111 : (usual[run % 5] as number));
    const found = [112, 111, 113, 112].flatMap((value) => fold(value));
    const tags = { [CONFIRMS_TAG]: attemptId(found[0] as Finding) };
    const answers = [112, 113].flatMap((value) => fold(value, { tags }));
    expect(answers.at(-1)).toMatchObject({
      state: 'suspected',
      history: [{}, { reason: expect.stringContaining('the next points decide') }],
      confirmations: [
        { on: 'same_device', agrees: true },
        { on: 'same_device', agrees: true },
      ],
    });
    const later = Array.from({ length: 20 }, (_, run) => fold([112, 113, 111][run % 3] as number));
    expect(
      later
        .slice(0, 12)
        .flat()
        .filter(({ state }) => state === 'confirmed'),
    ).toEqual([]);
    expect(later.flat().at(-1)).toMatchObject({ state: 'confirmed' });
  });

  it('notes that a re-run could not be asked for, without a run of its own', () => {
    const { book, slow } = suspicion();
    expect(book.giveUpAsking(`confirm-${attemptId(slow)}-1`, 'the request is not kept', now)).toMatchObject([
      { state: 'suspected', confirmations: [{ run_id: null, value: null, note: 'the request is not kept' }] },
    ]);
  });

  it('takes the same answer once, although it comes again after a crash', () => {
    const { book, slow } = suspicion();
    const answer = outcomeOf(131, { tags: { [CONFIRMS_TAG]: attemptId(slow) } });
    expect(book.fold(read(answer), now)).not.toEqual([]);
    const restored = new SeriesBook(options);
    for (const found of book.findings.all()) restored.know(found);
    expect(restored.fold(read(answer), now).filter(({ revision }) => revision > 3)).toEqual([]);
  });

  it('asks for no more re-runs than the budget of the hour', () => {
    const book = new SeriesBook({ ...options, confirmPerHour: () => 0 });
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    expect(book.fold(read(outcomeOf(150)), now)).toMatchObject([{ state: 'suspected', confirmations: [] }]);
  });

  it('judges against the history as against the stream', () => {
    const values = [100, 101, 99, 100, 102, 98, 101];
    const folded = new SeriesBook(options);
    const restored = new SeriesBook(options);
    for (const value of values) folded.fold(read(outcomeOf(value)), now);
    const slow = outcomeOf(150);
    const [found] = folded.fold(read(slow), now);
    for (const value of values) restored.remember(found?.series_id ?? '', { value, ref: refOf(outcomeOf(value)) });
    expect(restored.fold(read(slow), now)[0]).toMatchObject({ finding_id: found?.finding_id, z_score: found?.z_score });
  });

  it('links what begins under another driver, and says that the level moved with it', () => {
    const book = new SeriesBook(options);
    const on = (driver: string, fingerprint: string) => ({
      environment: { driver },
      fingerprint,
      pool: `cpu-${fingerprint}`,
    });
    for (let i = 0; i < 30; i++) book.fold(read(outcomeOf(100 + (i % 3), on('1', 'f'))), now);
    expect(book.takeEvents()).toEqual([]);
    const changed: Finding[] = [];
    for (let i = 0; i < 6; i++) changed.push(...book.fold(read(outcomeOf(120 + (i % 3), on('2', 'g'))), now));
    expect(book.takeEvents()).toMatchObject([
      { kind: 'environment_changed', data: { changes: [{ what: 'driver', from: '1', to: '2' }] } },
    ]);
    expect(ids(changed)).toHaveLength(1);
    expect(changed[0]).toMatchObject({
      kind: 'regression',
      evidence: { environment: [{ what: 'driver', from: '1', to: '2' }] },
      incident_id: 'environment:cpu-g:driver=2',
    });
  });

  it('a new driver without another level is an annotation and no finding', () => {
    const book = new SeriesBook(options);
    for (let i = 0; i < 30; i++) book.fold(read(outcomeOf(100 + (i % 3))), now);
    for (let i = 0; i < 30; i++) {
      expect(
        book.fold(read(outcomeOf(100 + (i % 3), { fingerprint: 'g', environment: { driver: '2' } })), now),
      ).toEqual([]);
    }
    expect(book.takeEvents()).toHaveLength(1);
  });

  it('tells outcomes whose measurements are together as they never were', () => {
    const book = new SeriesBook(options);
    const hot = (temperature_celsius: number, cpu: number) => ({
      hardware_metrics: {
        ...{ temperature_celsius, cpu_utilization_percent: cpu, gpu_utilization_percent: null },
        ...{ memory_usage_mb: null, power_consumption_watts: null },
      },
    });
    for (let i = 0; i < 40; i++) {
      const load = (i * 7) % 11;
      expect(book.fold(read(outcomeOf(100 + load / 5, hot(60 + load, 80 + load / 2))), now)).toEqual([]);
    }
    const found = [1, 2].flatMap(() => book.fold(read(outcomeOf(102, hot(56, 88))), now));
    expect(found).toMatchObject([{ kind: 'unusual', evidence: { contributions: [{}, {}, {}] } }]);
  });

  it('finds runs that have more outliers inside, though their median has not moved', () => {
    const book = new SeriesBook(options);
    const measured = (severe: number): Outcome => {
      const latency = { latency_ms: 100, latency_ci_low_ms: null, latency_ci_high_ms: null, latency_mean_ms: 100 };
      const rest = { latency_min_ms: 99, latency_max_ms: 300, latency_stddev_ms: 1, throughput_items_per_second: 10 };
      const batch = {
        ...latency,
        ...rest,
        samples: 500,
        measured_seconds: 50,
        steady: true,
        outliers: { mild: 0, severe },
      };
      return outcomeOf(100, {
        executor: 'onnx',
        results: { batch_sizes: { 1: { ...batch, memory_mb: null, unavailable: {} } } },
      } as unknown as Partial<Outcome>);
    };
    for (let i = 0; i < 25; i++) expect(book.fold(read(measured(i % 3)), now)).toEqual([]);
    const found = [1, 2, 3, 4].flatMap(() => book.fold(read(measured(30)), now));
    expect(found).toMatchObject([
      { kind: 'outlier', state: 'confirmed', value: 0.06, series: { metric: 'latency_ms' } },
    ]);
    expect(found[0]?.message).toContain('6 % of the samples inside the runs');
    expect(finding.safeParse(found[0]).success).toBe(true);
  });

  describe('a re-run of other files than the suspected ones', () => {
    const files = (text: string): Outcome['environment'] => ({ argument_files_sha256: text, git_commit: 'abc' });

    it('decides nothing, is no point, and is not asked for again: the next results decide', () => {
      const { book, slow, again } = suspicion(files('slow'));
      for (let n = 0; n < 4; n++) {
        const changed = again(99, { environment: files('fast') });
        for (const each of changed)
          expect(each).toMatchObject({
            state: 'suspected',
            confirmations: [
              {
                agrees: null,
                value: null,
                measured_other_files: true,
                note: expect.stringContaining('measured other files'),
              },
            ],
          });
        expect(changed).toHaveLength(n === 0 ? 1 : 0);
      }
      const [open] = book.findings.ofAttempt(attemptId(slow));
      expect(open?.confirmations).toHaveLength(1);
      expect(finding.safeParse(open).success).toBe(true);
    });

    it('counts where what was measured is not known on either side', () => {
      expect(suspicion().again(131, { environment: files('x') })).toMatchObject([
        { confirmations: [{ agrees: true }] },
        {},
      ]);
      expect(suspicion(files('x')).again(131, { environment: {} })).toMatchObject([
        { confirmations: [{ agrees: true }] },
        {},
      ]);
    });

    it('that its own source denies decides nothing either', () => {
      const { again } = suspicion();
      const value_notes = [{ code: 'source_mismatch', text: 'the source says commit a, and commit b was checked out' }];
      const { results } = outcomeOf(99);
      const denied = again(99, { results: { ...results, value_notes } });
      expect(denied).toMatchObject([{ state: 'suspected', confirmations: [{ agrees: null }] }]);
      expect(denied[0]?.confirmations[0]?.note).toContain('commit b was checked out');
    });
  });

  it('keeps a value out of its series whose files were not those of its source', () => {
    const book = new SeriesBook(options);
    for (const value of [100, 101, 99, 100, 102, 98]) book.fold(read(outcomeOf(value)), now);
    const value_notes = [{ code: 'source_mismatch', text: 'uncommitted changes' }];
    for (const value of [900, 901, 902, 903, 904, 905]) {
      const { results } = outcomeOf(value);
      expect(book.fold(read(outcomeOf(value, { results: { ...results, value_notes } })), now)).toEqual([]);
    }
    expect(book.fold(read(outcomeOf(100)), now)).toEqual([]);
    expect(book.fold(read(outcomeOf(130)), now)).not.toEqual([]);
  });

  it('follows the time of a phase: one slow one says nothing, several are a finding that re-runs settle', () => {
    const book = new SeriesBook(options);
    const loaded = (load_ms: number, changes: Partial<Outcome> = {}): Finding[] =>
      book.fold(
        read(outcomeOf(100, { ...changes, results: { ...outcomeOf(100).results, timings: { load_ms } } })),
        now,
      );
    for (let run = 0; run < 130; run++) expect(loaded([200, 204, 198, 201][run % 4] as number)).toEqual([]);
    expect(loaded(900)).toEqual([]);
    for (let run = 0; run < 8; run++) expect(loaded([200, 204, 198, 201][run % 4] as number)).toEqual([]);
    const found = [1, 2, 3, 4].flatMap((run) => loaded(400 + run));
    expect(ids(found)).toHaveLength(1);
    expect(found[0]).toMatchObject({
      ...{ kind: 'regression', state: 'suspected', unit: 'ms' },
      series: { metric: 'load_ms', series_kind: 'phase', batch_size: null },
    });
    expect(finding.safeParse(found[0]).success).toBe(true);
    const tags = { [CONFIRMS_TAG]: attemptId(found[0] as Finding) };
    // It was there once by itself, so re-runs of two devices are not enough.
    const answers = [403, 401, 402].flatMap((load_ms, i) => loaded(load_ms, { tags, worker_id: `w${i}` }));
    expect(answers.at(-1)).toMatchObject({ state: 'confirmed' });
  });

  it('leaves series alone that belong to others', () => {
    const book = new SeriesBook({ ...options, owns: () => false });
    for (let i = 0; i < 6; i++) book.fold(read(outcomeOf(100)), now);
    expect(book.fold(read(outcomeOf(900)), now)).toEqual([]);
    expect(book.size).toBe(0);
  });
});

/** The ids of what changed, each once. */
function ids(changed: readonly Finding[]): string[] {
  return [...new Set(changed.map(({ finding_id }) => finding_id))];
}

/** A book in which a step is suspected, and what re-runs of it make of that. */
function suspicion(environment: Outcome['environment'] = {}): {
  book: SeriesBook;
  slow: Outcome;
  again(value: number, changes?: Partial<Outcome>): Finding[];
} {
  const book = new SeriesBook(options);
  for (const value of [100, 101, 99, 100, 102, 98]) book.fold(read(outcomeOf(value)), now);
  const slow = outcomeOf(130, { environment });
  book.fold(read(slow), now);
  const tags = { [CONFIRMS_TAG]: attemptId(slow) };
  return {
    book,
    slow,
    again: (value, changes) => book.fold(read(outcomeOf(value, { tags, environment, ...changes })), now),
  };
}

function refOf(outcome: Outcome): PointRef {
  const { run_id, task_id, attempt, finished_at, source, worker_id, pool } = outcome;
  const attempt_id = attemptId(outcome);
  return {
    attempt_id,
    run_id,
    task_id,
    attempt,
    measured_at: finished_at,
    source,
    worker_id,
    pool,
    confirms: null,
    measured_files: null,
  };
}

describe('readOutcome', () => {
  it('skips what measured nothing without a full check', () => {
    expect(read(outcomeOf(1, { results: {} })).kind).toBe('nothing');
    const timings = { waited_for_device_seconds: 1, load_ms: null };
    expect(read(outcomeOf(1, { results: { batch_sizes: {}, metrics: {}, timings } })).kind).toBe('nothing');
    expect(read(outcomeOf(1, { results: { timings: { export_ms: 1 } } })).kind).toBe('measured');
    expect(read(outcomeOf(1, { status: 'failed' })).kind).toBe('unmeasured');
    expect(read(outcomeOf(1)).kind).toBe('measured');
  });

  it.each(['', 'x', '3', 'null', '[]', '{}', '{"status":"completed","results":{"metrics":{"a":1}}}'])(
    'refuses %j with its issues',
    (text) => {
      const result = readOutcome(new TextEncoder().encode(text), 'bw.outcome.r.t', new Date());
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
  expect(kindOf({ metric, unit: null, better: null }, side)).toBe(kind);
});
