import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, textOf } from '../read-values.ts';

const LINE = /^(Benchmark\S*?)(?:-(\d+))?\s+(\d+)\s+(\S.*?)\s*$/;
/** What a unit measures, where it is one of the testing package. */
const METRICS: Readonly<Record<string, MetricRead & { metric: string }>> = {
  'ns/op': { metric: 'time', unit: 'ns', better: 'lower' },
  'B/op': { metric: 'allocated_bytes', unit: 'B', better: 'lower' },
  'allocs/op': { metric: 'allocations', unit: 'allocations', better: 'lower' },
  'MB/s': { metric: 'throughput', unit: 'MB/s', better: 'higher' },
};

/** `go test -bench`, as text or with `-json`. With `-count` each line is one value. */
export const goBench: ImportFormat = {
  name: 'go-bench',
  title: 'go test -bench (text, or -json)',
  detect: ({ text }) =>
    /^Benchmark\S*\s+\d+\s+[\d.e+-]+ (?:ns\/op|\S+)/m.test(text) ||
    (/^\{.*"Action":"(?:start|run|output)"/.test(text) && text.includes('ns/op')),
  parse(input) {
    const collected = new Collected(input, 'go-bench');
    const facts: Record<string, string> = {};
    for (const line of linesOf(input.text)) {
      const fact = /^(goos|goarch|pkg|cpu): (.*)$/.exec(line);
      if (fact !== null) facts[fact[1] as string] = (fact[2] as string).trim();
      const failed = /^\s*--- (FAIL|SKIP): (Benchmark\S+)/.exec(line);
      if (failed !== null) collected.leaveOut(failed[2], 'benchmarks that failed or were skipped have no result');
      const [, name, processors, , pairs] = LINE.exec(line) ?? [];
      if (name === undefined || pairs === undefined) continue;
      const named = facts.pkg === undefined ? name : `${facts.pkg}.${name}`;
      collected.add(named, metricsOf(pairs), {
        parameters: { GOMAXPROCS: processors === undefined ? 1 : Number(processors) },
      });
    }
    const { cpu, goos, goarch } = facts;
    if (cpu !== undefined)
      collected.device = {
        name: cpu.slice(0, 128),
        facts: {
          cpu_model: cpu,
          ...(goos === undefined ? {} : { os: goos }),
          ...(goarch === undefined ? {} : { arch: goarch }),
        },
        identity: ['cpu_model', 'os', 'arch'].filter(
          (name) => name === 'cpu_model' || (name === 'os' ? goos : goarch) !== undefined,
        ),
      };
    return collected.file();
  },
};

/** `123 ns/op	4 B/op`. */
function metricsOf(pairs: string): Record<string, MetricRead> {
  const words = pairs.split(/\s+/);
  const metrics: Record<string, MetricRead> = {};
  for (let at = 0; at + 1 < words.length; at += 2) {
    const unit = words[at + 1] as string;
    const known = Object.hasOwn(METRICS, unit) ? METRICS[unit] : undefined;
    const { metric = unit, ...kind } = known ?? { unit: unit.slice(0, 32) };
    metrics[metric] = { ...kind, value: words[at], statistic: 'value' };
  }
  return metrics;
}

/** Lines of the output; `-json` cuts one into several events. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (!text.startsWith('{')) return lines;
  const output = lines.map((line) => {
    try {
      return textOf(fieldsOf(JSON.parse(line)).Output) ?? '';
    } catch {
      return '';
    }
  });
  return output.join('').split('\n');
}
