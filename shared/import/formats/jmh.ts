import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, numberOf, textOf } from '../read-values.ts';

const NAMES: Readonly<Record<string, string>> = {
  thrpt: 'throughput',
  avgt: 'average_time',
  sample: 'sampled_time',
  ss: 'single_shot_time',
};

/** JMH, `-rf json`: raw data where it stands there, as one value an iteration. */
export const jmh: ImportFormat = {
  name: 'jmh',
  title: 'JMH -rf json',
  detect: ({ json }) => every(json, (each) => 'benchmark' in each && 'primaryMetric' in each),
  parse(input) {
    const collected = new Collected(input, 'jmh');
    for (const item of itemsOf(input.json)) {
      const { benchmark, mode, threads, params, primaryMetric, secondaryMetrics } = fieldsOf(item);
      const named = textOf(mode) ?? '';
      const higher = named === 'thrpt';
      const secondary = Object.entries(fieldsOf(secondaryMetrics)).map(
        ([name, metric]) => [name.replace(/^·/, ''), metricOf(fieldsOf(metric))] as const,
      );
      collected.add(
        benchmark,
        {
          [NAMES[named] ?? (named === '' ? 'score' : named)]: {
            ...metricOf(fieldsOf(primaryMetric)),
            better: higher ? 'higher' : 'lower',
          },
          ...Object.fromEntries(secondary),
        },
        { parameters: { ...fieldsOf(params), ...(numberOf(threads) === 1 ? {} : { threads }) } },
      );
    }
    const [first] = itemsOf(input.json).map(fieldsOf);
    // JMH names the Java machine, and not the one that it runs on.
    for (const fact of ['jmhVersion', 'vmName', 'vmVersion', 'jdkVersion']) {
      const said = textOf(first?.[fact]);
      if (said !== undefined) collected.facts[fact] = said.slice(0, 256);
    }
    return collected.file();
  },
};

function metricOf(metric: Readonly<Record<string, unknown>>): MetricRead {
  const { score, scoreUnit, rawData } = metric;
  const unit = unitOf(textOf(scoreUnit));
  const values = itemsOf(rawData).flatMap((fork) => itemsOf(fork));
  if (values.length > 0) return { unit, values };
  // Its interval is one of 99.9 %, and no 95 % one.
  return { unit, value: score, statistic: 'mean' };
}

/** A time for one operation is a time. */
function unitOf(unit: string | undefined): string | undefined {
  return unit?.replace(/^(ns|us|ms|s|min|h)\/op$/, '$1');
}
