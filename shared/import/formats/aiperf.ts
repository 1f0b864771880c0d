import { isRecord } from '../../runtime/is-record.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, itemsOf, textOf, timeOf } from '../read-values.ts';

const STATISTICS: ReadonlyArray<[string, string]> = [
  ['p50', ''],
  ['p90', '_p90'],
  ['p99', '_p99'],
];
const KNOWN = [
  'request_latency',
  'request_throughput',
  'output_token_throughput',
  'time_to_first_token',
  'inter_token_latency',
];

const isMetric = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && 'unit' in value && 'avg' in value;

/** AIPerf's and GenAI-Perf's JSON export: medians of latencies with their percentiles, and rates. */
export const aiperf: ImportFormat = {
  name: 'aiperf',
  title: 'AIPerf / GenAI-Perf JSON export',
  detect: ({ json }) => {
    const fields = { ...fieldsOf(json), ...fieldsOf(fieldsOf(json).records) };
    return KNOWN.some((name) => isMetric(fields[name]));
  },
  parse(input) {
    const collected = new Collected(input, 'aiperf');
    const json = fieldsOf(input.json);
    const { input_config, start_time } = json;
    const config = fieldsOf(input_config);
    const endpoint = fieldsOf(config.endpoint);
    const [model] = [...itemsOf(endpoint.model_names), ...itemsOf(config.model_names), ...itemsOf(config.model)].filter(
      (name) => textOf(name),
    );
    collected.measured_at = timeOf(textOf(start_time));
    const metrics: Record<string, MetricRead> = {};
    for (const [name, said] of Object.entries({ ...json, ...fieldsOf(json.records) }))
      if (isMetric(said)) addMetric(metrics, name, said);
    const { concurrency, request_rate } = { ...config, ...fieldsOf(config.loadgen) };
    collected.add(textOf(model) ?? 'aiperf', metrics, {
      model: textOf(model),
      parameters: { concurrency, request_rate, endpoint_type: endpoint.type ?? config.endpoint_type },
    });
    return collected.file();
  },
};

function addMetric(metrics: Record<string, MetricRead>, name: string, said: Readonly<Record<string, unknown>>): void {
  const unit = textOf(said.unit)?.replace(/\/sec$/, '/s');
  const { avg, p50, min, max, std: stddev, count } = said;
  if (p50 === undefined || p50 === null) metrics[name] = { unit, statistic: 'value', value: avg };
  else
    for (const [statistic, suffix] of STATISTICS)
      if (said[statistic] !== undefined && said[statistic] !== null)
        metrics[`${name}${suffix}`] = {
          unit,
          statistic: suffix === '' ? 'median' : 'value',
          value: said[statistic],
          ...(suffix === '' ? { min, max, stddev, count } : {}),
        };
}
