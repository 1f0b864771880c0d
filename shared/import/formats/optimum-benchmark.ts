import type { Environment } from '../../contracts/hardware.ts';
import { isRecord } from '../../runtime/is-record.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { FileDevice, ImportFormat } from '../format.ts';
import { fieldsOf, itemsOf, numberOf, textOf } from '../read-values.ts';

const PARTS = ['latency', 'throughput', 'memory', 'energy', 'efficiency'] as const;

/** Optimum-Benchmark: `benchmark.json` (configuration and report) or `benchmark_report.json` alone. */
export const optimumBenchmark: ImportFormat = {
  name: 'optimum-benchmark',
  title: 'optimum-benchmark (benchmark.json or benchmark_report.json)',
  detect: ({ json }) => targetsOf(json).length > 0,
  parse(input) {
    const collected = new Collected(input, 'optimum-benchmark');
    const config = fieldsOf(fieldsOf(input.json).config);
    const backend = fieldsOf(config.backend);
    const scenario = fieldsOf(config.scenario);
    collected.device = deviceOf(fieldsOf(config.environment), textOf(backend.device));
    const named = textOf(config.name) ?? textOf(backend.name) ?? 'benchmark';
    for (const [target, report] of targetsOf(input.json)) {
      const metrics: Record<string, MetricRead> = {};
      for (const part of PARTS) addPart(metrics, part, fieldsOf(report[part]));
      collected.add(`${named} ${target}`, metrics, {
        model: textOf(backend.model),
        precision: textOf(backend.torch_dtype),
        parameters: {
          backend: backend.name,
          task: backend.task,
          device: backend.device,
          ...fieldsOf(scenario.input_shapes),
        },
      });
    }
    return collected.file();
  },
};

/** What was measured: `load_model`, `prefill`, `decode`, `forward`, `train`, … */
function targetsOf(json: unknown): Array<[string, Readonly<Record<string, unknown>>]> {
  const report = fieldsOf(fieldsOf(json).report ?? json);
  return Object.entries(report).flatMap(([target, each]): Array<[string, Readonly<Record<string, unknown>>]> => {
    const { latency, memory } = fieldsOf(each);
    const isTarget = isRecord(latency) && 'unit' in latency && ('mean' in latency || 'values' in latency);
    return isTarget || (isRecord(memory) && 'max_ram' in memory) ? [[target, fieldsOf(each)]] : [];
  });
}

function addPart(
  metrics: Record<string, MetricRead>,
  part: (typeof PARTS)[number],
  said: Readonly<Record<string, unknown>>,
): void {
  const unit = textOf(said.unit);
  if (part === 'latency') {
    const { values, mean, p50, stdev: stddev } = said;
    const time = { unit, better: 'lower', stddev } as const;
    if (itemsOf(values).length > 0) metrics.latency = { ...time, values: itemsOf(values) };
    else metrics.latency = { ...time, statistic: p50 === undefined ? 'mean' : 'median', value: p50 ?? mean };
  } else if (part === 'throughput' || part === 'efficiency') {
    metrics[part] = { unit, better: 'higher', statistic: 'value', value: said.value };
  } else
    for (const [name, value] of Object.entries(said))
      if (numberOf(value) !== undefined)
        metrics[part === 'energy' ? `energy_${name}` : name] = { unit, better: 'lower', statistic: 'value', value };
}

function deviceOf(environment: Readonly<Record<string, unknown>>, device: string | undefined): FileDevice | undefined {
  const gpus = Array.isArray(environment.gpu) ? environment.gpu.join(', ') : textOf(environment.gpu);
  const cpu = textOf(environment.cpu)?.trim();
  const name = device === 'cuda' || device === undefined ? (gpus ?? cpu) : cpu;
  if (!name) return undefined;
  const said = {
    cpu_model: cpu,
    cpu_count: numberOf(environment.cpu_count),
    gpu_model: gpus,
    os: textOf(environment.platform),
    python: textOf(environment.python_version),
  };
  const facts = Object.fromEntries(
    Object.entries(said).flatMap(([fact, value]) => (value === undefined ? [] : [[fact, value]])),
  ) as Environment;
  return {
    name: name.slice(0, 128),
    facts,
    identity: ['cpu_model', 'cpu_count', 'gpu_model', 'python'].filter((fact) => fact in facts),
  };
}
