import { createHash } from 'node:crypto';
import type { Better } from '../contracts/direction.ts';
import type { Environment } from '../contracts/hardware.ts';
import {
  type ImportedMetric,
  type ImportedStatistic,
  MAX_IMPORTED_METRICS,
  MAX_IMPORTED_VALUES,
} from '../contracts/imported.ts';
import { medianInterval } from '../stats/median-interval.ts';
import { median } from '../stats/quantile.ts';
import type { FileDevice, ImportedBenchmark, ImportedFile, ImportInput } from './format.ts';
import { ImportError } from './import-error.ts';
import { numberOf } from './read-values.ts';

/** Benchmarks of one file, at most: more is a million rows of something that has another place. */
export const MAX_IMPORTED_BENCHMARKS = 100_000;
const MAX_NAME = 256;
const MAX_NOTES = 20;
const NAMED_IN_NOTE = 3;

/** A metric as a parser read it: anything may be missing or no number. */
export interface MetricRead {
  unit?: string | undefined;
  better?: Better | undefined;
  /** Single values. */
  values?: readonly unknown[] | undefined;
  /** Else one number, and what it is of them. */
  value?: unknown;
  statistic?: ImportedStatistic;
  ci_low?: unknown;
  ci_high?: unknown;
  min?: unknown;
  max?: unknown;
  stddev?: unknown;
  count?: unknown;
}

interface Named {
  parameters?: Record<string, unknown>;
  model?: string | undefined;
  precision?: string | undefined;
}

type BegunBenchmark = Pick<ImportedBenchmark, 'name' | 'parameters' | 'model' | 'precision'>;

/** Collects what a file says, keeps it within the contract, and notes all that it does not take. */
export class Collected {
  readonly #input: ImportInput;
  readonly #format: string;
  readonly #benchmarks = new Map<string, ImportedBenchmark>();
  readonly #left_out = new Map<string, { count: number; names: string[] }>();
  readonly #repeated = new Set<string>();
  device: FileDevice | undefined;
  facts: Environment = {};
  source: ImportedFile['source'] = {};
  measured_at: string | undefined;

  constructor(input: ImportInput, format: string) {
    this.#input = input;
    this.#format = format;
  }

  /** Notes that something was not taken. The same reason is told once, with how often and for which. */
  leaveOut(what: unknown, why: string): void {
    const known = this.#left_out.get(why) ?? { count: 0, names: [] };
    known.count++;
    if (known.names.length < NAMED_IN_NOTE && typeof what === 'string' && what !== '')
      known.names.push(what.slice(0, 80));
    this.#left_out.set(why, known);
  }

  /** @param name - null, empty or another type: it is left out, and said so */
  add(name: unknown, metrics: Readonly<Record<string, MetricRead | undefined>>, about: Named = {}): void {
    const called = nameOf(name);
    if (called === undefined) {
      this.leaveOut(JSON.stringify(name)?.slice(0, 40), 'results without a name were left out');
      return;
    }
    if (called !== name)
      this.leaveOut(called, `names of more than ${MAX_NAME} characters or with control characters were shortened`);
    const taken = Object.entries(metrics).flatMap(([metric, read]): Array<[string, ImportedMetric]> => {
      const cleaned = read === undefined ? undefined : this.#clean(`${called} ${metric}`, read);
      return cleaned === undefined || metric === '' ? [] : [[metric.slice(0, MAX_NAME), cleaned]];
    });
    if (taken.length === 0) {
      this.leaveOut(called, 'benchmarks without any number were left out');
      return;
    }
    const parameters = parametersOf(about.parameters ?? {});
    const key = JSON.stringify([called, parameters, about.model, about.precision]);
    const known = this.#benchmarks.get(key);
    if (known === undefined) this.#begin(key, { ...about, name: called, parameters }, taken);
    else this.#merge(known, taken);
  }

  /** @throws ImportError where there is nothing */
  file(): ImportedFile {
    const benchmarks = [...this.#benchmarks.values()];
    for (const name of this.#repeated)
      this.leaveOut(name, 'results of the same name were taken as repeated measurements of one benchmark');
    const notes = [...this.#left_out].map(([why, { count, names }]) => {
      const shown = names.length === 0 ? '' : `: ${names.join(', ')}${count > names.length ? ', …' : ''}`;
      return `${why} (${count}${shown})`.slice(0, 1000);
    });
    if (benchmarks.length === 0) {
      const why = notes.length === 0 ? '' : ` (${notes.slice(0, 3).join('; ')})`;
      throw new ImportError(
        this.#input.file,
        '',
        `has no results to import, read as ${this.#format}${why}: let the tool run a benchmark, or name the format with --format`,
      );
    }
    const { device, facts, source, measured_at } = this;
    return { format: this.#format, benchmarks, device, facts, source, measured_at, notes: notes.slice(0, MAX_NOTES) };
  }

  #begin(
    key: string,
    { name, parameters, model, precision }: BegunBenchmark,
    taken: ReadonlyArray<[string, ImportedMetric]>,
  ): void {
    if (this.#benchmarks.size >= MAX_IMPORTED_BENCHMARKS)
      throw new ImportError(
        this.#input.file,
        '',
        `has more than ${MAX_IMPORTED_BENCHMARKS} benchmarks, which is the most for one import: split the file`,
      );
    if (taken.length > MAX_IMPORTED_METRICS)
      this.leaveOut(name, `metrics beyond ${MAX_IMPORTED_METRICS} of one benchmark were left out`);
    const metrics = Object.fromEntries(taken.slice(0, MAX_IMPORTED_METRICS));
    this.#benchmarks.set(key, {
      name,
      parameters,
      ...(model ? { model: model.slice(0, 2048) } : {}),
      ...(precision ? { precision: precision.slice(0, 32) } : {}),
      metrics,
      notes: [],
    });
  }

  /** A name that comes again was measured again: its numbers become the single values of one result. */
  #merge(known: ImportedBenchmark, taken: ReadonlyArray<[string, ImportedMetric]>): void {
    for (const [metric, said] of taken) {
      const before = Object.hasOwn(known.metrics, metric) ? known.metrics[metric] : undefined;
      if (before === undefined) {
        if (Object.keys(known.metrics).length < MAX_IMPORTED_METRICS) known.metrics[metric] = said;
        continue;
      }
      if (before.unit !== said.unit) {
        this.leaveOut(`${known.name} ${metric}`, 'results of a name that came before with another unit were left out');
        continue;
      }
      const values = [...valuesOf(before), ...valuesOf(said)];
      this.#repeated.add(known.name);
      known.metrics[metric] = { ...kindOf(said), ...withinLimit(values) };
    }
  }

  #clean(place: string, read: MetricRead): ImportedMetric | undefined {
    const unit = read.unit?.trim().slice(0, 32);
    const kind = { ...(unit ? { unit } : {}), ...(read.better === undefined ? {} : { better: read.better }) };
    if (read.values !== undefined) {
      const numbers = read.values.flatMap((value) => numberOf(value) ?? []);
      if (numbers.length < read.values.length)
        this.leaveOut(place, 'values other than finite numbers (null, NaN, Infinity) were left out');
      if (numbers.length > MAX_IMPORTED_VALUES)
        this.leaveOut(
          place,
          `of more than ${MAX_IMPORTED_VALUES} values only the median, its interval and the range are kept`,
        );
      if (numbers.length > 0) return { ...kind, ...withinLimit(numbers) };
      if (read.value === undefined) return undefined;
    }
    const value = numberOf(read.value);
    if (value === undefined) {
      if (read.value !== undefined)
        this.leaveOut(place, 'values other than finite numbers (null, NaN, Infinity) were left out');
      return undefined;
    }
    return { ...kind, summary: { statistic: read.statistic ?? 'value', value, ...rangeOf(read, value) } };
  }
}

function rangeOf(read: MetricRead, value: number): Partial<NonNullable<ImportedMetric['summary']>> {
  const [ci_low, ci_high] = [numberOf(read.ci_low), numberOf(read.ci_high)];
  const [min, max, stddev, count] = [read.min, read.max, read.stddev, read.count].map(numberOf);
  const hasInterval = ci_low !== undefined && ci_high !== undefined && ci_low <= value && value <= ci_high;
  return {
    ...(hasInterval ? { ci_low, ci_high } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(stddev === undefined ? {} : { stddev }),
    ...(count !== undefined && Number.isSafeInteger(count) && count >= 1 ? { count } : {}),
  };
}

/** All of them, or what they come to where there are too many to keep. */
function withinLimit(values: number[]): Pick<ImportedMetric, 'values' | 'summary'> {
  if (values.length <= MAX_IMPORTED_VALUES) return { values };
  const interval = medianInterval(values);
  const range = values.reduce((seen, value) => ({ min: Math.min(seen.min, value), max: Math.max(seen.max, value) }), {
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
  });
  const ci = interval === null ? {} : { ci_low: interval.low, ci_high: interval.high };
  return { summary: { statistic: 'median', value: median(values), ...ci, ...range, count: values.length } };
}

const valuesOf = ({ values, summary }: ImportedMetric): number[] =>
  values ?? (summary === undefined ? [] : [summary.value]);

function kindOf({ unit, better }: ImportedMetric): Pick<ImportedMetric, 'unit' | 'better'> {
  return { ...(unit === undefined ? {} : { unit }), ...(better === undefined ? {} : { better }) };
}

/** A name as series have it; one that is too long keeps its beginning and what makes it unique. */
function nameOf(name: unknown): string | undefined {
  const text = typeof name === 'number' ? String(name) : name;
  if (typeof text !== 'string') return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  const plain = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (plain === '') return undefined;
  if (plain.length <= MAX_NAME) return plain;
  return `${plain.slice(0, MAX_NAME - 10)}…${createHash('sha256').update(plain).digest('hex').slice(0, 8)}`;
}

/** What fits the contract of parameters; lists and objects as their text. */
function parametersOf(written: Readonly<Record<string, unknown>>): ImportedBenchmark['parameters'] {
  const pairs = Object.entries(written).flatMap(([name, value]): Array<[string, string | number | boolean]> => {
    if (value === null || value === undefined || name === '') return [];
    if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
      return [[name.slice(0, 128), value]];
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return [[name.slice(0, 128), text.slice(0, 1024)]];
  });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, 64));
}
