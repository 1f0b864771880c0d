import type { Environment } from '../../contracts/hardware.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { FileDevice, ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, numberOf, textOf, timeOf } from '../read-values.ts';

/** Fields of a benchmark that are not counters of its author. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'family_index', 'per_family_instance_index', 'run_name', 'run_type', 'repetitions', 'repetition_index'],
  ...['threads', 'iterations', 'real_time', 'cpu_time', 'time_unit', 'label', 'aggregate_name', 'aggregate_unit'],
  ...[
    'error_occurred',
    'error_message',
    'skipped',
    'skip_message',
    'big_o',
    'rms',
    'cpu_coefficient',
    'real_coefficient',
  ],
]);
const RATES: Readonly<Record<string, string>> = { items_per_second: 'items/s', bytes_per_second: 'B/s' };

/** Google Benchmark, `--benchmark_format=json`: repetitions are single values; of aggregates alone the median, else the mean. */
export const googleBenchmark: ImportFormat = {
  name: 'google-benchmark',
  title: 'Google Benchmark --benchmark_format=json',
  detect: ({ json }) =>
    every(
      fieldsOf(json).benchmarks,
      (each) => 'real_time' in each || 'cpu_time' in each || 'run_type' in each || 'error_occurred' in each,
    ),
  parse(input) {
    const collected = new Collected(input, 'google-benchmark');
    const { context, benchmarks } = fieldsOf(input.json);
    collected.device = deviceOf(fieldsOf(context));
    collected.measured_at = timeOf(fieldsOf(context).date);
    const all = itemsOf(benchmarks).map(fieldsOf);
    const single = new Set(
      all.filter(({ run_type }) => run_type !== 'aggregate').map(({ run_name, name }) => run_name ?? name),
    );
    const medians = new Set(
      all.filter(({ aggregate_name }) => aggregate_name === 'median').map(({ run_name }) => run_name),
    );
    if (fieldsOf(context).library_build_type === 'debug')
      collected.leaveOut('', 'the benchmark library was built as debug, which its authors warn of');
    for (const each of all) {
      const { name, run_name = name, run_type, aggregate_name } = each;
      if (each.error_occurred === true || each.skipped === true) {
        collected.leaveOut(name, 'benchmarks that reported an error or were skipped were left out');
      } else if (run_type !== 'aggregate') collected.add(run_name, metricsOf(each, 'value'));
      else if (single.has(run_name)) continue;
      else if (aggregate_name === 'median') collected.add(run_name, metricsOf(each, 'median'));
      else if (aggregate_name === 'mean' && !medians.has(run_name)) collected.add(run_name, metricsOf(each, 'mean'));
    }
    return collected.file();
  },
};

function metricsOf(
  each: Readonly<Record<string, unknown>>,
  statistic: 'value' | 'median' | 'mean',
): Record<string, MetricRead> {
  const unit = textOf(each.time_unit) ?? 'ns';
  const counters = Object.entries(each).filter(
    ([name, value]) => !OWN_FIELDS.has(name) && numberOf(value) !== undefined,
  );
  return {
    real_time: { unit, better: 'lower', value: each.real_time, statistic },
    cpu_time: { unit, better: 'lower', value: each.cpu_time, statistic },
    ...Object.fromEntries(
      counters.map(([name, value]): [string, MetricRead] => {
        const rate = Object.hasOwn(RATES, name) ? RATES[name] : undefined;
        return [name, { value, statistic, ...(rate === undefined ? {} : { unit: rate, better: 'higher' }) }];
      }),
    ),
  };
}

/** Without the clock, which says what it was at that moment. */
function deviceOf(context: Readonly<Record<string, unknown>>): FileDevice | undefined {
  const name = textOf(context.host_name);
  const cpus = numberOf(context.num_cpus);
  if (name === undefined && cpus === undefined) return undefined;
  const caches = itemsOf(context.caches)
    .map(fieldsOf)
    .map(({ type, level, size }) => `L${level} ${type} ${size}`);
  const facts: Environment = {
    ...(name === undefined ? {} : { host_name: name }),
    ...(cpus === undefined ? {} : { cpu_count: cpus }),
    ...(caches.length === 0 ? {} : { cpu_caches: caches.join(', ') }),
    ...(typeof context.cpu_scaling_enabled === 'boolean' ? { cpu_scaling: String(context.cpu_scaling_enabled) } : {}),
    ...(textOf(context.library_build_type) === undefined
      ? {}
      : { library_build_type: String(context.library_build_type) }),
  };
  return {
    name: name ?? `${cpus} CPUs`,
    facts,
    identity: ['cpu_count', 'cpu_caches', 'library_build_type'].filter((fact) => fact in facts),
  };
}
