import { segmentSeries } from '@benchwire/shared/detect/levels.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import { directionOf, follow, type Known } from './follow.ts';
import type { OnlineSeries } from './online.ts';
import { type Review, review } from './review.ts';

/** A finding of a replayed series. */
export interface Replayed extends Known {
  found_at: number;
  confirmed_at: number | null;
  went_away_at: number | null;
  /** A return to a known level: told as a change of the series, but no finding. */
  isMode: boolean;
}

/**
 * A series as the service follows it: each value is appended, and where that is suspicious the newest values are
 * reviewed. Positions count from the first value.
 */
export class SeriesReplay {
  readonly findings: Replayed[] = [];
  #online: OnlineSeries;
  #slot: number;
  #values: Float64Array;
  #settings: DetectorSettings;
  reviews = 0;

  constructor(online: OnlineSeries, values: Float64Array, settings: DetectorSettings) {
    this.#online = online;
    this.#slot = online.add();
    this.#values = values;
    this.#settings = settings;
  }

  /** Appends the value at `position`; the ones before it were. */
  append(position: number): void {
    if (this.#online.append(this.#slot, this.#values[position] as number)) this.#review(position);
  }

  /** Where the levels change that the series has now, as positions. */
  changes(): number[] {
    const from = Math.max(0, this.#values.length - this.#settings.window);
    const values = this.#values.subarray(from);
    return segmentSeries(values, this.#settings).boundaries.map((each) => each.index + from);
  }

  /** Positions at which a drift was found. */
  readonly drifts: number[] = [];

  #review(position: number): void {
    this.reviews++;
    const from = Math.max(0, position + 1 - this.#settings.window);
    const values = this.#values.subarray(from, position + 1);
    const seen = review(values, this.#settings);
    const known = this.findings
      .filter((finding) => finding.went_away_at === null)
      .map((finding) => ({ ...finding, index: finding.index - from, finding }));
    const news = follow(known, seen, values, this.#settings);
    for (const { known: each } of news.confirmed) this.#settle(each.finding, 'confirmed_at', position);
    for (const { known: each } of news.went_away) this.#settle(each.finding, 'went_away_at', position);
    for (const change of news.found) {
      const confirmed = change.verdict === 'confirmed';
      this.findings.push({
        index: change.index + from,
        direction: directionOf(change),
        isSuspected: change.verdict === 'suspected',
        isMode: change.verdict === 'mode',
        found_at: position,
        confirmed_at: confirmed ? position : null,
        went_away_at: null,
      });
    }
    const lastDrift = this.drifts.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (seen.drift !== undefined && lastDrift < seen.drift.from + from) this.drifts.push(position);
    calm(this.#online, this.#slot, values, seen);
  }

  #settle(finding: Replayed, field: 'confirmed_at' | 'went_away_at', position: number): void {
    finding[field] = position;
    finding.isSuspected = false;
  }
}

/** After a review: the sums start from the level that the series is at now, or lose half of their suspicion. */
export function calm(online: OnlineSeries, slot: number, values: Float64Array, seen: Review): void {
  const last = seen.changes.at(-1);
  if (last === undefined || values.length - last.index > 30) online.relax(slot);
  else online.rebase(slot, median(values.subarray(last.index)));
}
