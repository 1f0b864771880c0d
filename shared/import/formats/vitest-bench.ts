import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf } from '../read-values.ts';

/** `vitest bench --outputJson`: milliseconds; samples where they were kept, else the median. */
export const vitestBench: ImportFormat = {
  name: 'vitest-bench',
  title: 'vitest bench --outputJson',
  detect: ({ json }) => every(fieldsOf(json).files, (file) => 'filepath' in file && Array.isArray(file.groups)),
  parse(input) {
    const collected = new Collected(input, 'vitest-bench');
    for (const file of itemsOf(fieldsOf(input.json).files)) {
      for (const group of itemsOf(fieldsOf(file).groups)) {
        const { fullName, benchmarks } = fieldsOf(group);
        for (const item of itemsOf(benchmarks)) {
          const { name, samples, median, mean, min, max, sd, sampleCount } = fieldsOf(item);
          const called = typeof name === 'string' && typeof fullName === 'string' ? `${fullName} > ${name}` : name;
          const common = { unit: 'ms', better: 'lower', min, max, stddev: sd, count: sampleCount } as const;
          const hasMedian = typeof median === 'number';
          collected.add(called, {
            time:
              itemsOf(samples).length > 0
                ? { ...common, values: itemsOf(samples) }
                : { ...common, statistic: hasMedian ? 'median' : 'mean', value: hasMedian ? median : mean },
          });
        }
      }
    }
    return collected.file();
  },
};
