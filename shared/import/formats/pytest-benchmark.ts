import { Collected } from '../collect.ts';
import type { FileDevice, ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, numberOf, textOf, timeOf } from '../read-values.ts';

/** `pytest --benchmark-json`: seconds; with `stats.data` every round, else the statistics. */
export const pytestBenchmark: ImportFormat = {
  name: 'pytest-benchmark',
  title: 'pytest --benchmark-json',
  detect: ({ json }) => {
    const { benchmarks, machine_info } = fieldsOf(json);
    return (
      machine_info !== undefined &&
      (Array.isArray(benchmarks) ? benchmarks.length === 0 || every(benchmarks, (each) => 'stats' in each) : false)
    );
  },
  parse(input) {
    const collected = new Collected(input, 'pytest-benchmark');
    const { benchmarks, machine_info, commit_info, datetime } = fieldsOf(input.json);
    collected.device = deviceOf(fieldsOf(machine_info));
    collected.measured_at = timeOf(textOf(datetime));
    const { id, branch } = fieldsOf(commit_info);
    const [commit, named] = [textOf(id), textOf(branch)];
    collected.source = {
      ...(commit === undefined || commit === 'unknown' ? {} : { commit: commit.slice(0, 128) }),
      // `(detached head)` and `unknown` are no branches.
      ...(named === undefined || /[()]|^unknown$/.test(named) ? {} : { branch: named.slice(0, 256) }),
    };
    for (const item of itemsOf(benchmarks)) {
      const { fullname, name, params, stats, extra_info } = fieldsOf(item);
      const { data, median, min, max, stddev, rounds } = fieldsOf(stats);
      const time = { unit: 's', better: 'lower', statistic: 'median', min, max, stddev, count: rounds } as const;
      const hasData = itemsOf(data).length > 0;
      const extra = Object.entries(fieldsOf(extra_info)).filter(([, value]) => typeof value === 'number');
      collected.add(
        fullname ?? name,
        {
          time: hasData ? { ...time, values: itemsOf(data) } : { ...time, value: median },
          ...Object.fromEntries(extra.map(([metric, value]) => [metric, { value: numberOf(value) }])),
        },
        { parameters: fieldsOf(params) },
      );
    }
    return collected.file();
  },
};

/** The processor and the interpreter: both make other numbers. The host's name does not, and is new for each job of a hosted CI. */
function deviceOf(machine: Readonly<Record<string, unknown>>): FileDevice | undefined {
  const cpu = fieldsOf(machine.cpu);
  const facts = Object.fromEntries(
    Object.entries({
      host_name: textOf(machine.node),
      cpu_model: textOf(cpu.brand_raw) ?? textOf(cpu.brand) ?? textOf(machine.processor),
      cpu_count: numberOf(cpu.count),
      arch: textOf(machine.machine) ?? textOf(cpu.arch_string_raw),
      os: textOf(machine.system),
      kernel: textOf(machine.release),
      python: textOf(machine.python_version),
      python_implementation: textOf(machine.python_implementation),
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  const name = facts.cpu_model ?? facts.host_name;
  if (name === undefined) return undefined;
  const identity = ['cpu_model', 'cpu_count', 'arch', 'os', 'python', 'python_implementation'].filter(
    (fact) => fact in facts,
  );
  return { name: String(name).slice(0, 128), facts, identity };
}
