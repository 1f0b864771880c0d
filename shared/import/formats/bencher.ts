import { isRecord } from '../../runtime/is-record.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf } from '../read-values.ts';

/** Units of the measures that Bencher has built in; others are user-defined and have none in the file. */
const BUILT_IN: Readonly<Record<string, Pick<MetricRead, 'unit' | 'better'>>> = {
  latency: { unit: 'ns', better: 'lower' },
  throughput: { unit: 'ops/s', better: 'higher' },
  'file-size': { unit: 'B', better: 'lower' },
  'build-time': { unit: 's', better: 'lower' },
};

const isMeasure = (value: unknown): boolean => isRecord(value) && 'value' in value;

/**
 * Bencher Metric Format: `{ "<benchmark>": { "<measure>": { "value", "lower_value", "upper_value" } } }`. The bounds may be anything
 * that their writer chose, so they are the range, and no confidence interval.
 */
export const bencher: ImportFormat = {
  name: 'bencher',
  title: 'Bencher Metric Format (JSON)',
  detect: ({ json }) => {
    const benchmarks = Object.values(fieldsOf(json)).slice(0, 100);
    const measures = benchmarks.flatMap((each) => Object.values(fieldsOf(each)));
    return benchmarks.length > 0 && benchmarks.every(isRecord) && measures.length > 0 && measures.every(isMeasure);
  },
  parse(input) {
    const collected = new Collected(input, 'bencher');
    for (const [name, measures] of Object.entries(fieldsOf(input.json))) {
      const metrics = Object.entries(fieldsOf(measures)).map(([measure, said]): [string, MetricRead] => {
        const { value, lower_value: min, upper_value: max } = fieldsOf(said);
        return [measure, { ...(Object.hasOwn(BUILT_IN, measure) ? BUILT_IN[measure] : {}), value, min, max }];
      });
      collected.add(name, Object.fromEntries(metrics));
    }
    return collected.file();
  },
};
