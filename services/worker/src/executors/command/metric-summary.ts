import type { MetricResult } from '@benchwire/shared/contracts/outcome.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';

/** Different metrics of one attempt. */
const MAX_METRICS = 1000;
/** Values kept of one attempt, over all metrics: 16 MB. Points beyond it still go to METRICS. */
const MAX_VALUES = 2_000_000;

interface Values {
  unit: string | null;
  values: number[];
  count: number;
  min: number;
  max: number;
}

/** Collects what a program reports, for the summary of each metric at the end. Bounded. */
export class MetricSummary {
  readonly #metrics = new Map<string, Values>();
  #kept = 0;
  #ignoredNames = 0;
  #unitClash: string | undefined;

  /** False when there are too many different metrics already: the point is not taken. */
  add(metric: string, unit: string | null, value: number): boolean {
    let entry = this.#metrics.get(metric);
    if (entry === undefined) {
      if (this.#metrics.size >= MAX_METRICS) {
        this.#ignoredNames++;
        return false;
      }
      entry = { unit, values: [], count: 0, min: value, max: value };
      this.#metrics.set(metric, entry);
    }
    if (unit !== null && unit !== entry.unit) {
      if (entry.unit === null) entry.unit = unit;
      else this.#unitClash ??= metric;
    }
    entry.count++;
    if (value < entry.min) entry.min = value;
    if (value > entry.max) entry.max = value;
    if (this.#kept < MAX_VALUES) {
      entry.values.push(value);
      this.#kept++;
    }
    return true;
  }

  /** Median with its interval, and the range, by metric; undefined when nothing was reported. */
  results(): Record<string, MetricResult> | undefined {
    if (this.#metrics.size === 0) return undefined;
    const results: Array<[string, MetricResult]> = [];
    for (const [metric, { unit, values, count, min, max }] of this.#metrics) {
      // A metric that appeared after the memory was used up has no values kept.
      if (values.length === 0) continue;
      const interval = medianInterval(values);
      const ci = { ci_low: interval?.low ?? null, ci_high: interval?.high ?? null };
      results.push([metric, { value: median(values), unit, ...ci, min, max, samples: count }]);
    }
    return Object.fromEntries(results);
  }

  notes(): string[] {
    const notes: string[] = [];
    if (this.#ignoredNames > 0) {
      notes.push(
        `${this.#ignoredNames} points were ignored: a task may report at most ${MAX_METRICS} different metrics`,
      );
    }
    if (this.#kept >= MAX_VALUES) notes.push(`the medians are over the first ${MAX_VALUES} values`);
    if (this.#unitClash !== undefined) notes.push(`"${this.#unitClash}" was reported with different units`);
    return notes;
  }
}
