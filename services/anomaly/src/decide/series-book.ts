import { allPointsOf } from '@benchwire/shared/contracts/all-points.ts';
import { isSameCommit } from '@benchwire/shared/contracts/commit.ts';
import type { Better } from '@benchwire/shared/contracts/direction.ts';
import type { FittingEvent } from '@benchwire/shared/contracts/event.ts';
import type { Finding, FindingEvidence } from '@benchwire/shared/contracts/finding.ts';
import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { IMPORTED } from '@benchwire/shared/contracts/imported.ts';
import { type Outcome, outcomeIsFinal, outcome as outcomeSchema } from '@benchwire/shared/contracts/outcome.ts';
import { decidesNothing, measuredFiles } from '@benchwire/shared/contracts/provenance.ts';
import { type Source, source } from '@benchwire/shared/contracts/request.ts';
import { type SeriesPoint, seriesId } from '@benchwire/shared/contracts/series.ts';
import { type TestCase, testResults } from '@benchwire/shared/contracts/test-results.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import { type Line, lineOf, type MainBranches, TRUNK } from '@benchwire/shared/verdict/lines.ts';
import { z } from 'zod';
import { OnlineSeries } from '../detect/online.ts';
import { type Answer, answered, askAgain, Budget, followed, shown, waited } from './confirmation.ts';
import {
  failureSeries,
  findingOfFailures,
  findingOfOutliers,
  findingOfTests,
  findingOfUnusual,
  testSeries,
} from './describe-pattern.ts';
import type { Detection } from './detection.ts';
import { environmentEvent } from './environment-event.ts';
import { type EnvironmentChange, Environments } from './environments.ts';
import { Failures } from './failures.ts';
import { FindingBook } from './finding-book.ts';
import { judgePoint } from './judge-point.ts';
import { IMPORTED_CONFIRM_NEW, isShownByPoints, ofLastingChange } from './lasting-change.ts';
import { MAX_POINTS, movedWithEnvironment } from './moved-environment.ts';
import { OutcomeShapes } from './outcome-shapes.ts';
import { CONFIRMS_TAG, type PointRef } from './point-ref.ts';
import type { RawOutcome, ReadOutcome } from './read-outcome.ts';
import { type OutlierPattern, SampleOutliers } from './sample-outliers.ts';
import { addPoint, newSeries, numberOf, placePoint, removePoints, type Series, seriesOfLine } from './series.ts';
import { TestMemory } from './test-memory.ts';
import { withoutItsRun } from './without-its-run.ts';

export interface BookOptions extends Pick<Detection, 'detectionOf'> {
  /** Of levels. */
  levels: DetectorSettings;
  /** Re-runs in an hour at most, of all suspicions. Asked for each time, as `detectionOf` is: settings change while it runs. */
  confirmPerHour(): number;
  /** Branches whose points make levels; points of others are judged against them by verdicts only (ADR 047). */
  main_branches: MainBranches;
  /** Which series are this replica's. */
  owns(series_id: string): boolean;
}

/** A point from before this process began. */
export interface PastPoint {
  value: number;
  ref: PointRef;
  /** Where it was said. */
  better?: Better | null;
}

const resultsWithTests = z.object({ tests: testResults });

/** Attempts that are remembered, so that a second report of one is known; older reports come from the stream in order. */
const MAX_REMEMBERED = 50_000;

/**
 * All series and what was found in them, as a fold over past points and then outcomes in the order of the stream. Pure but
 * for its own memory: the same input in the same order gives the same findings.
 */
export class SeriesBook {
  readonly findings = new FindingBook();
  #options: BookOptions;
  #online = new OnlineSeries();
  #series = new Map<string, Series>();
  #attempts = new Set<string>();
  #budget = new Budget();
  /** Re-runs that were asked for, so that the findings of one attempt share them. */
  #asked = new Set<string>();
  #shapes = new OutcomeShapes();
  #failures = new Failures();
  #tests = new TestMemory();
  #outliers = new SampleOutliers();
  #environments = new Environments();
  /** Series that began with another environment, while they are too young to be judged alone. */
  #began = new Map<string, EnvironmentChange>();
  #events: FittingEvent[] = [];
  /** Runs that were deleted: what is delivered of them again counts no more. */
  #deleted = new Set<string>();

  constructor(options: BookOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Adds a point without judging it: of the history, the oldest of a series first. */
  remember(series_id: string, point: PastPoint): void {
    if (this.#deleted.has(point.ref.run_id.toLowerCase())) return;
    const line = lineOf(point.ref.source, this.#options.main_branches);
    if (!line.is_main || !this.#options.owns(series_id)) return;
    const series = this.#get(series_id, line.name, point.ref.source);
    if (point.better) series.better = point.better;
    if (placePoint(series, point.value, point.ref, this.#options.levels.window))
      this.#online.append(series.slot, point.value);
  }

  /** Adds the points of an outcome without judging them: it was judged before this process began. */
  rememberOutcome(read: ReadOutcome): void {
    if (this.#isOfDeletedRun(read)) return;
    this.#newlyFailed(read.raw);
    if (read.kind !== 'measured' || !this.#isNew(read.attempt_id)) return;
    const ref = refOf(read.outcome);
    if (!this.#isOnMainLine(ref.source)) return;
    const points = decidingPoints(read.outcome);
    this.#takeOver(read.outcome, points);
    for (const point of points) {
      this.remember(point.series_id, { value: point.value, ref, better: point.better });
      this.#environments.add(read.outcome, point);
    }
    this.#shapes.add(read.outcome, points);
    for (const point of points) if (this.#options.owns(point.series_id)) this.#countOutliers(read.outcome, point);
  }

  /** How a test case ended lately on a pool, the newest first: before what the stream still holds. */
  rememberTest(case_id: string, pool: string, failed: readonly boolean[]): void {
    this.#tests.remember(case_id, pool, failed);
  }

  /** Events that the last outcomes made, each once. */
  takeEvents(): FittingEvent[] {
    return this.#events.splice(0);
  }

  /** Takes a finding that is stored already. */
  know(finding: Finding): void {
    if (!this.#options.owns(finding.series_id)) return;
    this.findings.apply(finding);
    for (const { request_id } of finding.confirmations) this.#asked.add(request_id);
  }

  /**
   * Judges an outcome's points and adds them to their series. The first report of an attempt counts, whatever it says.
   * @param read - what the stream holds next
   * @returns findings that are new, and new revisions of earlier ones; none for what was seen before
   */
  fold(read: ReadOutcome, now: Date): Finding[] {
    if (this.#isOfDeletedRun(read)) return [];
    if (read.kind !== 'nothing' && !this.#isNew(read.attempt_id)) return [];
    const failing = this.#isOnMainLine(sourceOf(read.raw))
      ? [...this.#countFailure(read.raw, now), ...this.#judgeTests(read.raw, now)]
      : [];
    if (read.kind === 'nothing') return failing;
    if (read.kind === 'unmeasured') {
      if (read.confirms === null) return failing;
      const answer = { run_id: read.run_id, worker_id: null, value: null, note: read.why };
      return this.#settle(read.confirms, () => answer, now);
    }
    const { outcome } = read;
    const points = decidingPoints(outcome).filter((point) => this.#options.owns(point.series_id));
    this.#takeOver(outcome, points);
    const confirms = outcome.tags[CONFIRMS_TAG];
    const other = confirms === undefined ? undefined : this.#otherFiles(confirms, outcome);
    const answerOf = (series_id: string): Answer => {
      const { run_id, worker_id } = outcome;
      if (other !== undefined) return { run_id, worker_id, value: null, note: other, measured_other_files: true };
      const value = points.find((point) => point.series_id === series_id)?.value ?? null;
      return { run_id, worker_id, value, note: value === null ? 'the re-run did not measure this metric' : '' };
    };
    const settled = confirms === undefined ? [] : this.#settle(confirms, answerOf, now);
    if (other !== undefined) return [...failing, ...settled];
    // Points of a branch never move the level of a main line.
    if (!this.#isOnMainLine(outcome.source)) return [...failing, ...settled];
    return [...failing, ...settled, ...this.#judge(points, refOf(outcome), outcome, now)];
  }

  /**
   * Takes everything that deleted runs measured out of the series, and lets nothing more of them in. Can be repeated.
   * Windows that know no runs (shares of failures and of outliers, shapes of outcomes, states of tests) forget them with time.
   * @returns new revisions of findings: withdrawn where nothing but such a run showed it, else with a note
   */
  forgetRuns(run_ids: readonly string[], now: Date): Finding[] {
    const gone = new Set(run_ids.map((run_id) => run_id.toLowerCase()));
    for (const run_id of gone) this.#deleted.add(run_id);
    forgetOldest(this.#deleted, MAX_REMEMBERED);
    const isGone = (ref: PointRef): boolean => gone.has(ref.run_id.toLowerCase());
    const about = [...this.findings.all()].filter(({ run_id }) => gone.has(run_id.toLowerCase()));
    const changed = about.flatMap(
      (finding) => withoutItsRun(finding, this.#showsElsewhere(finding, isGone), now) ?? [],
    );
    for (const series of this.#series.values()) {
      if (!removePoints(series, isGone)) continue;
      this.#online.reset(series.slot);
      for (const value of series.values) this.#online.append(series.slot, value);
    }
    return changed.map((finding) => this.#apply(finding));
  }

  /** Whether points of runs that stay lie behind the first bad one. */
  #showsElsewhere(finding: Finding, isGone: (ref: PointRef) => boolean): boolean {
    const series = this.#series.get(seriesOfLine(finding.series_id, this.#lineOf(finding.source).name));
    const at = series === undefined ? undefined : numberOf(series, attemptId(finding));
    return at !== undefined && series?.refs.some((ref, i) => i > at - series.dropped && !isGone(ref)) === true;
  }

  #isOfDeletedRun(read: ReadOutcome): boolean {
    if (this.#deleted.size === 0) return false;
    const { run_id } = read.kind === 'measured' ? read.outcome : read.raw;
    return typeof run_id === 'string' && this.#deleted.has(run_id.toLowerCase());
  }

  /** Notes that a re-run can't be asked for. */
  giveUpAsking(request_id: string, why: string, now: Date): Finding[] {
    const attempt = [...this.findings.all()].filter((finding) =>
      finding.confirmations.some((each) => each.request_id === request_id && each.agrees === null && each.note === ''),
    );
    return attempt.map((finding) =>
      this.#apply(answered(finding, { run_id: null, worker_id: null, value: null, note: why }, () => [], now)),
    );
  }

  /** Takes a revision that was decided elsewhere, such as by a person. */
  take(finding: Finding): Finding {
    return this.#apply(finding);
  }

  #judge(points: readonly SeriesPoint[], ref: PointRef, outcome: Outcome, now: Date): Finding[] {
    const changed: Finding[] = [];
    this.#noteEnvironment(points, ref, outcome, now);
    for (const point of points) {
      const series = this.#get(point.series_id, this.#lineOf(ref.source).name, ref.source);
      series.unit = point.unit;
      series.better = point.better ?? series.better;
      // A late result of an old commit says nothing about the commits after it.
      if (!placePoint(series, point.value, ref, this.#options.levels.window)) continue;
      const isSuspicious = this.#online.append(series.slot, point.value);
      const { single, least_change_percent } = this.#options.detectionOf(point.key);
      const levels = { ...this.#options.levels, least_change_percent };
      const parts = { single, levels, findings: this.findings, online: this.#online };
      const found = [
        ...this.#movedWithEnvironment(series, point, levels, now),
        ...judgePoint(parts, series, { point, key: point.key, isSuspicious, now }),
      ];
      for (const finding of found) changed.push(this.#apply(finding));
      for (const finding of this.findings.ofSeries(point.series_id)) {
        const next =
          waited(finding, (agreed) => this.#ofLastingChange(agreed), now) ??
          followed(finding, (doubtful) => this.#ofLastingChange(doubtful), now) ??
          shown(finding, (doubtful) => this.#isShownByPoints(doubtful), now);
        if (next !== undefined) changed.push(this.#apply(next));
      }
      for (const finding of found) changed.push(...this.#ask(finding, now));
    }
    const unusual = points.length === 0 ? undefined : this.#shapes.add(outcome, points);
    if (unusual !== undefined) changed.push(this.#apply(findingOfUnusual(ref, unusual, now)));
    for (const point of points) {
      const pattern = this.#countOutliers(outcome, point);
      if (pattern !== undefined) changed.push(this.#apply(findingOfOutliers(point, ref, pattern, now)));
    }
    return changed;
  }

  /** What was measured under another way to write the same settings is the history of these series. */
  #takeOver({ variant_as_written: variant, source }: Outcome, points: readonly SeriesPoint[]): void {
    if (variant === undefined) return;
    for (const { series_id, key } of points) {
      const written = seriesId({ ...key, variant });
      for (const name of new Set([written, seriesOfLine(written, this.#lineOf(source).name)])) {
        const { values = [], refs = [], better = null } = this.#series.get(name) ?? {};
        this.#series.delete(name);
        for (const [i, value] of values.entries())
          this.remember(series_id, { value, ref: refs[i] as PointRef, better });
      }
    }
  }

  #countOutliers(outcome: Outcome, { series_id, key }: SeriesPoint): OutlierPattern | undefined {
    const result = key.metric === 'latency_ms' ? outcome.results.batch_sizes?.[String(key.batch_size)] : undefined;
    if (result === undefined) return undefined;
    return this.#outliers.add(series_id, { severe: result.outliers.severe, samples: result.samples });
  }

  /** A series that begins under another environment is linked to the one before, and everybody is told. */
  #noteEnvironment(points: readonly SeriesPoint[], ref: PointRef, outcome: Outcome, now: Date): void {
    const changes = points.flatMap((point) => this.#environments.add(outcome, point) ?? []);
    // A return to an environment that the series has known is no beginning.
    const fresh = changes.filter(({ series_id }) => (this.#series.get(series_id)?.values.length ?? 0) === 0);
    for (const change of fresh) this.#began.set(change.series_id, change);
    if (changes.length > 0) this.#events.push(environmentEvent(changes, ref, now));
  }

  #movedWithEnvironment(series: Series, point: SeriesPoint, levels: DetectorSettings, now: Date): Finding[] {
    const change = this.#began.get(series.series_id);
    if (change === undefined) return [];
    const before = this.#series.get(change.previous_series_id);
    const found = before === undefined ? undefined : movedWithEnvironment(before, series, point, change, levels, now);
    if (found !== undefined || before === undefined || series.values.length > MAX_POINTS)
      this.#began.delete(series.series_id);
    return found === undefined ? [] : [found];
  }

  #countFailure(raw: RawOutcome, now: Date): Finding[] {
    const { status, benchmark, pool } = raw;
    const failed = status === 'failed' || status === 'timed_out';
    if (!(failed || status === 'completed') || typeof benchmark !== 'string' || typeof pool !== 'string') return [];
    const pattern = this.#failures.add({ benchmark, pool, failed });
    if (pattern === undefined) return [];
    const parsed = outcomeSchema.safeParse(raw);
    if (!parsed.success || !this.#options.owns(failureSeries(parsed.data).series_id)) return [];
    return [this.#apply(findingOfFailures(parsed.data, refOf(parsed.data), pattern, now))];
  }

  /** One finding for a task, however many of its tests fail that passed before. */
  #judgeTests(raw: RawOutcome, now: Date): Finding[] {
    const news = this.#newlyFailed(raw);
    if (news.length === 0) return [];
    const parsed = outcomeSchema.safeParse(raw);
    if (!parsed.success || !this.#options.owns(testSeries(parsed.data).series_id)) return [];
    return [this.#apply(findingOfTests(parsed.data, refOf(parsed.data), news, now))];
  }

  /** Test cases that failed though they passed the time before; an attempt that is followed by another one says nothing yet. */
  #newlyFailed(raw: RawOutcome): TestCase[] {
    const { benchmark, pool, results, status } = raw;
    if ((status !== 'completed' && status !== 'failed') || typeof benchmark !== 'string' || typeof pool !== 'string')
      return [];
    // Most have none: a check that fails costs more than all the rest that is done with their outcome.
    if (!isRecord(results) || results.tests === undefined) return [];
    const read = resultsWithTests.safeParse(results);
    if (!read.success || !outcomeIsFinal(raw as unknown as Outcome)) return [];
    return this.#tests.add(benchmark, pool, read.data.tests);
  }

  #settle(confirms: string, answerOf: (series_id: string) => Answer, now: Date): Finding[] {
    const changed: Finding[] = [];
    for (const finding of this.findings.ofAttempt(confirms)) {
      const answer = answerOf(finding.series_id);
      // It was taken before a crash, and comes again.
      if (finding.confirmations.some((each) => each.run_id === answer.run_id)) continue;
      const next = answered(finding, answer, (agreed) => this.#ofLastingChange(agreed), now);
      if (next === finding) continue;
      changed.push(this.#apply(next), ...this.#ask(next, now));
    }
    return changed;
  }

  /** Where the level moved with the environment there is an explanation, and what came before is another series. */
  #ofLastingChange(finding: Finding): FindingEvidence['tests'] {
    const around = this.#aroundChange(finding);
    if (around === undefined) return [];
    const { before, after } = around;
    const { single } = this.#options.detectionOf(finding.series);
    const { levels } = this.#options;
    const isImported = finding.series.executor === IMPORTED;
    const settings = isImported ? { ...levels, confirm_new: IMPORTED_CONFIRM_NEW } : levels;
    return ofLastingChange(finding, before, after, single.threshold, settings);
  }

  #isShownByPoints(finding: Finding): boolean {
    const around = this.#aroundChange(finding);
    return around !== undefined && isShownByPoints(this.#ofLastingChange(finding), around.before, around.after);
  }

  #aroundChange(finding: Finding): Record<'before' | 'after', Float64Array> | undefined {
    const series = this.#series.get(seriesOfLine(finding.series_id, this.#lineOf(finding.source).name));
    const at = series === undefined ? undefined : numberOf(series, attemptId(finding));
    if (series === undefined || at === undefined || (finding.evidence?.environment.length ?? 0) > 0) return undefined;
    const before = Float64Array.from(series.values.slice(0, at - series.dropped));
    if (before.length === 0) return undefined;
    const isRerun = (i: number): boolean => series.refs[i]?.confirms != null;
    const after = Float64Array.from(series.values.filter((_, i) => i >= at - series.dropped && !isRerun(i)));
    return { before, after };
  }

  /** Why a re-run decides nothing: what lay there when it ran was not what is suspected. */
  #otherFiles(confirms: string, { environment, results }: Outcome): string | undefined {
    const [finding] = this.findings.ofAttempt(confirms);
    const now = measuredFiles(environment);
    if (finding?.measured_files !== undefined && now !== null && now !== finding.measured_files)
      return 'the re-run decides nothing: it measured other files than the run that is suspected (program, its files, model, or commit); the next results decide';
    const mismatch = results.value_notes?.find((note) => decidesNothing([note]));
    return mismatch && `the re-run decides nothing: ${mismatch.text}; the next results decide`;
  }

  #ask(finding: Finding, now: Date): Finding[] {
    const mayAsk = (request_id: string): boolean => {
      if (this.#asked.has(request_id)) return true;
      if (!this.#budget.take(now, this.#options.confirmPerHour())) return false;
      this.#asked.add(request_id);
      return true;
    };
    const suspected = attemptId(finding);
    const line = seriesOfLine(finding.series_id, this.#lineOf(finding.source).name);
    const first = this.#series.get(line)?.refs.find(({ attempt_id }) => attempt_id === suspected);
    const newest = this.findings.get(finding.finding_id) ?? finding;
    const { confirmation } = this.#options.detectionOf(finding.series);
    const asked = askAgain(newest, confirmation, mayAsk, first?.worker_id ?? null, now);
    return asked === undefined ? [] : [this.#apply(asked)];
  }

  #apply(finding: Finding): Finding {
    this.findings.apply(finding);
    return finding;
  }

  #isNew(attempt_id: string): boolean {
    if (this.#attempts.has(attempt_id)) return false;
    this.#attempts.add(attempt_id);
    forgetOldest(this.#attempts, MAX_REMEMBERED);
    return true;
  }

  #lineOf(source: Source | null): Line {
    return lineOf(source, this.#options.main_branches);
  }

  #isOnMainLine(source: Source | null): boolean {
    return this.#lineOf(source).is_main;
  }

  #get(series_id: string, line: string, source: Source | null): Series {
    const name = seriesOfLine(series_id, line);
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const created = newSeries(series_id, this.#online.add());
    this.#series.set(name, created);
    const trunk = line === TRUNK ? undefined : this.#series.get(series_id);
    if (trunk !== undefined) this.#inherit(created, trunk, source);
    return created;
  }

  /** A line starts from the level that it left the trunk at. */
  #inherit(series: Series, trunk: Series, source: Source | null): void {
    const at = trunk.refs.findLastIndex((ref) => isSameCommit(ref.source?.commit, source?.base));
    const to = at < 0 ? trunk.values.length : at + 1;
    series.unit = trunk.unit;
    series.better = trunk.better;
    for (let i = 0; i < to; i++) {
      addPoint(series, trunk.values[i] as number, trunk.refs[i] as PointRef, this.#options.levels.window);
      this.#online.append(series.slot, trunk.values[i] as number);
    }
  }
}

/** Of an outcome that nobody has checked yet: enough to know its line. */
function sourceOf(raw: RawOutcome): Source | null {
  const read = source.safeParse(raw.source);
  return read.success ? read.data : null;
}

function refOf(outcome: Outcome): PointRef {
  return {
    attempt_id: attemptId(outcome),
    run_id: outcome.run_id,
    task_id: outcome.task_id,
    attempt: outcome.attempt,
    measured_at: outcome.finished_at,
    source: outcome.source,
    worker_id: outcome.worker_id,
    pool: outcome.pool,
    confirms: outcome.tags[CONFIRMS_TAG] ?? null,
    measured_files: measuredFiles(outcome.environment),
  };
}

function decidingPoints(outcome: Outcome): SeriesPoint[] {
  return allPointsOf(outcome).filter(({ notes }) => !decidesNothing(notes));
}
