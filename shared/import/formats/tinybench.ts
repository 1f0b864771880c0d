import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, textOf } from '../read-values.ts';

/** tinybench: its tasks as JSON (`name`, `result`), or `bench.table()`. Milliseconds for one call. */
export const tinybench: ImportFormat = {
  name: 'tinybench',
  title: 'tinybench (tasks or table as JSON)',
  detect: ({ json }) =>
    every(
      json,
      (each) =>
        'Task name' in each || 'Task Name' in each || ('name' in each && 'result' in each && !('stats' in each)),
    ),
  parse(input) {
    const collected = new Collected(input, 'tinybench');
    for (const item of itemsOf(input.json)) {
      const { name, result } = fieldsOf(item);
      if (result !== undefined) addTask(collected, name, fieldsOf(result));
      else addRow(collected, fieldsOf(item));
    }
    return collected.file();
  },
};

function addTask(collected: Collected, name: unknown, result: Readonly<Record<string, unknown>>): void {
  if (result.error !== undefined || result.state === 'errored') {
    collected.leaveOut(textOf(name), 'tasks that ended with an error have no result');
    return;
  }
  // Before version 3 the latency stood in the result itself.
  const { samples, p50, mean, min, max, sd, samplesCount } = fieldsOf(result.latency ?? result);
  const common = {
    unit: 'ms',
    better: 'lower',
    min,
    max,
    stddev: sd,
    count: samplesCount ?? itemsOf(result.samples).length,
  } as const;
  const hasMedian = typeof p50 === 'number';
  collected.add(name, {
    latency:
      itemsOf(samples).length > 0
        ? { ...common, values: itemsOf(samples) }
        : { ...common, statistic: hasMedian ? 'median' : 'mean', value: hasMedian ? p50 : mean },
  });
}

/** `"Latency med (ns)": "80.00 ± 1.00"`. */
function addRow(collected: Collected, row: Readonly<Record<string, unknown>>): void {
  const name = row['Task name'] ?? row['Task Name'];
  if (row.Error !== undefined) {
    collected.leaveOut(textOf(name), 'tasks that ended with an error have no result');
    return;
  }
  const of = (start: RegExp): { value: string | undefined; unit: string } | undefined => {
    const [column, cell] = Object.entries(row).find(([title]) => start.test(title)) ?? [];
    const unit = /\(([^)]+)\)$/.exec(column ?? '')?.[1];
    return unit === undefined ? undefined : { value: /^-?[\d.eE+-]+/.exec(String(cell))?.[0], unit };
  };
  const [median, mean] = [of(/^Latency (med|median)/i), of(/^(Latency (avg|average)|Average Time)/i)];
  const { Samples: count } = row;
  collected.add(name, {
    latency:
      median === undefined
        ? mean && { ...mean, better: 'lower', statistic: 'mean', count }
        : { ...median, better: 'lower', statistic: 'median', count },
  });
}
