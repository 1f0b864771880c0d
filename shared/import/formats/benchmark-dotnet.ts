import type { Environment } from '../../contracts/hardware.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { FileDevice, ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, numberOf, textOf } from '../read-values.ts';

/** BenchmarkDotNet's JSON exporters: nanoseconds for one operation; the full one has every value. */
export const benchmarkDotNet: ImportFormat = {
  name: 'benchmark-dotnet',
  title: 'BenchmarkDotNet JSON exporter (--exporters json)',
  detect: ({ json }) => {
    const { HostEnvironmentInfo, Benchmarks } = fieldsOf(json);
    return HostEnvironmentInfo !== undefined && every(Benchmarks, (each) => 'Statistics' in each || 'FullName' in each);
  },
  parse(input) {
    const collected = new Collected(input, 'benchmark-dotnet');
    const { HostEnvironmentInfo, Benchmarks } = fieldsOf(input.json);
    collected.device = deviceOf(fieldsOf(HostEnvironmentInfo));
    for (const item of itemsOf(Benchmarks)) {
      const { FullName, Statistics, Memory, DisplayInfo } = fieldsOf(item);
      const said = fieldsOf(Statistics);
      const { OriginalValues, Median: value, Min: min, Max: max, StandardDeviation: stddev, N: count } = said;
      const time = { unit: 'ns', better: 'lower', statistic: 'median', min, max, stddev, count } as const;
      const allocated = numberOf(fieldsOf(Memory).BytesAllocatedPerOperation);
      const memory: MetricRead | undefined =
        allocated === undefined ? undefined : { unit: 'B', better: 'lower', value: allocated };
      // Without statistics it failed: then its memory says nothing either.
      if (numberOf(value) === undefined) collected.leaveOut(FullName, 'benchmarks that failed have no result');
      else
        collected.add(
          FullName,
          {
            time:
              itemsOf(OriginalValues).length > 0 ? { ...time, values: itemsOf(OriginalValues) } : { ...time, value },
            allocated_bytes: memory,
          },
          { parameters: { ...(textOf(DisplayInfo) === undefined ? {} : { job: jobOf(String(DisplayInfo)) }) } },
        );
    }
    return collected.file();
  },
};

/** `Type.Method: Job-ABCDEF(Runtime=.NET 8.0) [N=10]` without the part that is new in every run. */
function jobOf(info: string): string | undefined {
  const job = /:\s*([^[]+)/.exec(info)?.[1]?.trim();
  return job?.replace(/^Job-[A-Z]{6}\b/, 'Job');
}

function deviceOf(host: Readonly<Record<string, unknown>>): FileDevice | undefined {
  const said = {
    cpu_model: textOf(host.ProcessorName),
    cpu_count: numberOf(host.LogicalCoreCount),
    os: textOf(host.OsVersion),
    arch: textOf(host.Architecture),
    runtime: textOf(host.RuntimeVersion),
    benchmark_dotnet: textOf(host.BenchmarkDotNetVersion),
  };
  const facts = Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ) as Environment;
  if (said.cpu_model === undefined) return undefined;
  return {
    name: said.cpu_model.slice(0, 128),
    facts,
    identity: ['cpu_model', 'cpu_count', 'arch', 'runtime'].filter((name) => name in facts),
  };
}
