import type { Better } from '@benchwire/shared/contracts/direction.ts';
import { type MetricRule, ruleFor } from '@benchwire/shared/contracts/metric-catalogue.ts';
import type { MetricResult } from '@benchwire/shared/contracts/outcome.ts';
import type { MetricFactsMap } from '@benchwire/shared/contracts/task.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { convert } from '@benchwire/shared/metric/convert.ts';
import { medianInterval } from '@benchwire/shared/stats/median-interval.ts';
import { median } from '@benchwire/shared/stats/quantile.ts';
import type { Point } from './metric-line.ts';

/** Different metrics of one attempt. */
const MAX_METRICS = 1000;
/** Values kept of one attempt, over all metrics: 16 MB. Points beyond it still go to METRICS. */
const MAX_VALUES = 2_000_000;
/** Metrics whose units are told in notes; the rest are counted nowhere, since each of them is marked by the first ones' kind. */
const MAX_UNIT_NOTES = 20;

interface Values {
  metric: string;
  unit: string | null;
  better: Better | undefined;
  values: number[];
  count: number;
  min: number;
  max: number;
}

/** A point as it is kept: under the name and in the unit of its metric's first point. */
export interface KeptPoint {
  /** The metric's, with the unit behind it where the values of several units do not convert. */
  name: string;
  unit: string | null;
  value: number;
}

/** Collects what a program reports, for the summary of each metric at the end. Bounded. */
export class MetricSummary {
  readonly #facts: MetricFactsMap;
  readonly #metrics = new Map<string, Values>();
  readonly #unit_notes = new Map<string, ValueNote>();
  #kept = 0;
  #ignoredNames = 0;

  readonly #rules: readonly MetricRule[];
  /** By metric, of those that were asked for. */
  readonly #known = new Map<string, Pick<MetricRule, 'better' | 'unit'>>();

  /**
   * @param facts - what the task says about its metrics; a point that says it itself goes before
   * @param rules - what the stack says of those that neither speaks of
   */
  constructor(facts: MetricFactsMap = {}, rules: readonly MetricRule[] = []) {
    this.#facts = facts;
    this.#rules = rules;
  }

  #factsOf(metric: string): Pick<MetricRule, 'better' | 'unit'> | undefined {
    const known = this.#known.get(metric);
    if (known !== undefined) return known;
    const own = Object.hasOwn(this.#facts, metric) ? this.#facts[metric] : undefined;
    const found = { ...ruleFor(this.#rules, metric), ...own };
    if (this.#known.size < MAX_METRICS) this.#known.set(metric, found);
    return found;
  }

  /** Undefined when there are too many different metrics already: the point is not taken. */
  add(point: Point): KeptPoint | undefined {
    const facts = this.#factsOf(point.metric);
    const unit = point.unit ?? facts?.unit ?? null;
    const first = this.#metrics.get(point.metric);
    // By far most points: the unit is the one of the points before.
    if (first !== undefined && first.unit === unit) return this.#keep(point.metric, first, point, point.value);
    if (first === undefined) return this.#begin(point.metric, point, unit);
    if (first.unit === null || unit === null) {
      this.#noteUnit(
        point.metric,
        `"${point.metric}" was printed with and without a unit: all of it was taken as ${first.unit ?? unit}`,
      );
      first.unit ??= unit;
      return this.#keep(point.metric, first, point, point.value);
    }
    const converted = convert(point.value, unit, first.unit);
    if (converted !== undefined) {
      this.#noteUnit(
        point.metric,
        `"${point.metric}" was printed in ${first.unit} and in ${unit}: all of it was converted to ${first.unit}`,
      );
      return this.#keep(point.metric, first, point, converted);
    }
    const name = `${point.metric} [${unit}]`;
    this.#noteUnit(
      point.metric,
      `"${point.metric}" was printed in ${first.unit} and in ${unit}, which does not convert: the values in ${unit} are "${name}", with a history of their own`,
    );
    const own = this.#metrics.get(name);
    return own === undefined ? this.#begin(name, point, unit) : this.#keep(name, own, point, point.value);
  }

  #begin(name: string, point: Point, unit: string | null): KeptPoint | undefined {
    if (this.#metrics.size >= MAX_METRICS) {
      this.#ignoredNames++;
      return undefined;
    }
    const facts = this.#factsOf(point.metric);
    const { metric, value } = point;
    const entry = { metric, unit, better: facts?.better, values: [], count: 0, min: value, max: value };
    this.#metrics.set(name, entry);
    return this.#keep(name, entry, point, value);
  }

  #keep(name: string, entry: Values, point: Point, value: number): KeptPoint {
    if (point.better !== undefined) entry.better = point.better;
    entry.count++;
    if (value < entry.min) entry.min = value;
    if (value > entry.max) entry.max = value;
    if (this.#kept < MAX_VALUES) {
      entry.values.push(value);
      this.#kept++;
    }
    return { name, unit: entry.unit, value };
  }

  #noteUnit(metric: string, text: string): void {
    if (this.#unit_notes.size < MAX_UNIT_NOTES && !this.#unit_notes.has(metric))
      this.#unit_notes.set(metric, noteOn('mixed_units', text, { metric }));
  }

  /** Median with its interval, and the range, by metric; undefined when nothing was reported. */
  results(): Record<string, MetricResult> | undefined {
    if (this.#metrics.size === 0) return undefined;
    const results: Array<[string, MetricResult]> = [];
    for (const [name, { metric, unit, better, values, count, min, max }] of this.#metrics) {
      // A metric that appeared after the memory was used up has no values kept.
      if (values.length === 0) continue;
      const interval = medianInterval(values);
      const ci = { ci_low: interval?.low ?? null, ci_high: interval?.high ?? null };
      const said = { ...(better === undefined ? {} : { better }), ...(metric === name ? {} : { metric }) };
      results.push([name, { value: median(values), unit, ...ci, min, max, samples: count, ...said }]);
    }
    return Object.fromEntries(results);
  }

  /** Names of metrics, and the last value of each. */
  taken(): { names: string[]; values: Set<number> } {
    const all = [...this.#metrics.values()];
    return {
      names: all.map(({ metric }) => metric),
      values: new Set(all.flatMap(({ values }) => values.slice(-1))),
    };
  }

  /** What limits the meaning of the values. */
  valueNotes(): ValueNote[] {
    const notes = [...this.#unit_notes.values()];
    if (this.#kept >= MAX_VALUES)
      notes.push(noteOn('values_left_out', `the medians are over the first ${MAX_VALUES} values`));
    return notes;
  }

  notes(): string[] {
    const unused = Object.keys(this.#facts).filter((name) => !this.#metrics.has(name));
    return [
      ...(this.#ignoredNames > 0
        ? [`${this.#ignoredNames} points were ignored: a task may report at most ${MAX_METRICS} different metrics`]
        : []),
      ...(unused.length > 0 && this.#metrics.size > 0
        ? [
            `the task says something about ${unused.slice(0, 5).join(', ')}, which was not reported; reported: ${[...this.#metrics.keys()].slice(0, 10).join(', ')}`,
          ]
        : []),
    ];
  }
}
