import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, numberOf, textOf } from '../read-values.ts';

/** Statistics of a trend that are series of their own. */
const STATISTICS: ReadonlyArray<[string, string]> = [
  ['med', ''],
  ['p(90)', '_p90'],
  ['p(95)', '_p95'],
  ['p(99)', '_p99'],
];
const BAD: ReadonlySet<string> = new Set(['http_req_failed', 'dropped_iterations']);

/** k6's end-of-test summary: `--summary-export`, or `handleSummary`'s data. Trends are milliseconds where k6 says that they are times. */
export const k6: ImportFormat = {
  name: 'k6',
  title: 'k6 --summary-export, or handleSummary() as JSON',
  detect: ({ json }) => {
    const metrics = fieldsOf(fieldsOf(json).metrics);
    return (
      ['iterations', 'iteration_duration', 'data_received', 'http_reqs', 'vus'].filter((name) => name in metrics)
        .length >= 2
    );
  },
  parse(input) {
    const collected = new Collected(input, 'k6');
    const { metrics, root_group } = fieldsOf(input.json);
    const read: Record<string, MetricRead> = {};
    for (const [name, metric] of Object.entries(fieldsOf(metrics))) {
      const { values, type, contains } = fieldsOf(metric);
      const isTime =
        contains === 'time' ||
        (contains === undefined &&
          /duration|_blocked|_connecting|_waiting|_sending|_receiving|_handshaking/.test(name));
      // The exported summary has the numbers beside each other, handleSummary below `values`.
      addMetric(read, name, fieldsOf(values ?? metric), { isTime, type: textOf(type) });
    }
    const title = textOf(fieldsOf(root_group).name);
    collected.add(title ?? 'k6', read);
    return collected.file();
  },
};

function addMetric(
  read: Record<string, MetricRead>,
  name: string,
  values: Readonly<Record<string, unknown>>,
  { isTime, type }: { isTime: boolean; type: string | undefined },
): void {
  const trend = isTime ? ({ unit: 'ms', better: 'lower' } as const) : {};
  if (type === 'trend' || 'med' in values) {
    for (const [statistic, suffix] of STATISTICS) {
      const value = numberOf(values[statistic]);
      const range = suffix === '' ? { min: values.min, max: values.max, count: values.count } : {};
      if (value !== undefined)
        read[`${name}${suffix}`] = { ...trend, statistic: suffix === '' ? 'median' : 'value', value, ...range };
    }
  } else if (type === 'rate' || 'passes' in values) {
    // A share of all, exported as `value`.
    const better = BAD.has(name) ? 'lower' : name === 'checks' ? 'higher' : undefined;
    read[name] = { unit: 'ratio', better, statistic: 'value', value: values.rate ?? values.value };
  } else if (type === 'counter' || 'rate' in values) {
    const unit = /^data_/.test(name) ? 'B/s' : '1/s';
    read[`${name}_rate`] = { unit, better: BAD.has(name) ? 'lower' : 'higher', statistic: 'value', value: values.rate };
  }
}
