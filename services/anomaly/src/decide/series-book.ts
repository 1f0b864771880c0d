import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import { pointsOf } from '@benchwire/shared/contracts/series.ts';
import { findingOf } from './describe-finding.ts';
import { type DetectorOptions, judge, type Measured } from './detector.ts';
import { addToLevel, type Level, newLevel } from './level.ts';
import type { ReadOutcome } from './read-outcome.ts';

interface Series {
  level: Level;
  /** Of the last point. */
  source: Source | null;
}

/** A point from before this process began. */
export interface PastPoint extends Measured {
  source: Source | null;
}

/** Attempts that are remembered, so that a second report of one is known; older reports come from the stream in order. */
const MAX_REMEMBERED = 50_000;

/**
 * All series, as a fold over past points and then outcomes in the order of the stream. Pure but for its own memory:
 * the same input in the same order gives the same findings.
 */
export class SeriesBook {
  #options: DetectorOptions;
  #series = new Map<string, Series>();
  #attempts = new Set<string>();

  constructor(options: DetectorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#series.size;
  }

  /** Adds a point of the history. Of each series the oldest first, and all of them before any outcome. */
  remember(series_id: string, point: PastPoint): void {
    this.#add(this.#get(series_id), point, point.source);
  }

  /**
   * Judges an outcome's points and adds them to their series. The first report of an attempt counts, whatever it says.
   * @param read - what the stream holds next
   * @returns the findings, none for what was seen before
   */
  fold(read: ReadOutcome, now: Date): Finding[] {
    if (read.kind === 'nothing' || this.#attempts.has(read.attempt_id)) return [];
    this.#attempts.add(read.attempt_id);
    if (this.#attempts.size > MAX_REMEMBERED) this.#forgetOldest();
    return read.kind === 'measured' ? this.#judge(read.outcome, now) : [];
  }

  #judge(outcome: Outcome, now: Date): Finding[] {
    const findings: Finding[] = [];
    for (const point of pointsOf(outcome)) {
      const series = this.#get(point.series_id);
      const before = { values: [...series.level.values], source: series.source };
      const verdict = this.#add(series, point, outcome.source);
      if (verdict !== undefined && verdict.side !== 0) findings.push(findingOf(outcome, point, verdict, before, now));
    }
    return findings;
  }

  #add(series: Series, point: Measured, source: Source | null): ReturnType<typeof judge> {
    const verdict = judge(series.level.values, point, this.#options);
    addToLevel(series.level, point.value, verdict?.side ?? 0, this.#options);
    series.source = source;
    return verdict;
  }

  #get(series_id: string): Series {
    const known = this.#series.get(series_id);
    if (known !== undefined) return known;
    const created: Series = { level: newLevel(), source: null };
    this.#series.set(series_id, created);
    return created;
  }

  #forgetOldest(): void {
    const [oldest] = this.#attempts;
    if (oldest !== undefined) this.#attempts.delete(oldest);
  }
}
