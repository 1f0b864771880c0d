import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat, ImportInput } from '../format.ts';
import { ImportError } from '../import-error.ts';
import { fieldsOf, itemsOf, numberOf, textOf } from '../read-values.ts';

/** `cargo criterion --message-format=json`: one message a line; every sample, as time for one iteration. */
export const criterion: ImportFormat = {
  name: 'criterion',
  title: 'cargo criterion --message-format=json',
  detect: (input) => /"reason"\s*:\s*"benchmark-complete"/.test(input.text) || isEstimates(input),
  parse(input) {
    if (isEstimates(input))
      throw new ImportError(
        input.file,
        '',
        "is criterion's estimates.json, which does not name its benchmark: import the output of `cargo criterion --message-format=json`",
      );
    const collected = new Collected(input, 'criterion');
    for (const message of messagesOf(input, collected)) {
      const { reason, id, median, mean, unit, measured_values, iteration_count, throughput } = fieldsOf(message);
      if (reason !== 'benchmark-complete') continue;
      const counts = itemsOf(iteration_count).map(numberOf);
      const values = itemsOf(measured_values).map(
        (total, at) => (numberOf(total) ?? Number.NaN) / (counts[at] ?? Number.NaN),
      );
      const { estimate, lower_bound: ci_low, upper_bound: ci_high } = fieldsOf(median ?? mean);
      const kind = { unit: textOf(unit), better: 'lower' } as const;
      const statistic = median === undefined || median === null ? 'mean' : 'median';
      const [amount] = itemsOf(throughput).map(fieldsOf);
      const each = numberOf(amount?.per_iteration);
      const time: MetricRead =
        values.length > 0 ? { ...kind, values } : { ...kind, statistic, value: estimate, ci_low, ci_high };
      collected.add(
        id,
        { time },
        each === undefined ? {} : { parameters: { [`${textOf(amount?.unit) ?? 'elements'}_per_iteration`]: each } },
      );
    }
    return collected.file();
  },
};

const isEstimates = ({ json }: ImportInput): boolean => {
  const { mean, median, std_dev } = fieldsOf(json);
  return [mean, median, std_dev].every((each) => 'point_estimate' in fieldsOf(each));
};

/** A line that is no JSON is what cargo or the benchmark printed in between. */
function* messagesOf({ text }: ImportInput, collected: Collected): Generator<unknown> {
  for (const line of text.split('\n')) {
    if (!line.trimStart().startsWith('{')) continue;
    try {
      yield JSON.parse(line);
    } catch {
      collected.leaveOut(line.slice(0, 60), 'lines that are not complete JSON were left out');
    }
  }
}
