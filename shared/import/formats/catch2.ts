import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { xmlTags } from '../read-values.ts';

/** Catch2's XML reporter: `-r xml`. Nanoseconds, the mean with its interval. */
export const catch2: ImportFormat = {
  name: 'catch2',
  title: 'Catch2 -r xml',
  detect: ({ text }) => /<Catch2?(?:TestRun)?[\s>]/.test(text) && text.includes('<BenchmarkResults'),
  parse(input) {
    const collected = new Collected(input, 'catch2');
    const path: string[] = [];
    let current: { name: string; count: string | undefined } | undefined;
    let mean: Readonly<Record<string, string>> | undefined;
    let deviation: string | undefined;
    for (const { name, attributes, is_closing, is_empty } of xmlTags(input.text)) {
      if (name === 'TestCase' || name === 'Section') {
        if (is_closing) path.pop();
        else if (!is_empty) path.push(attributes.name ?? '');
      } else if (name === 'BenchmarkResults' && !is_closing) {
        current = { name: [...path, attributes.name ?? ''].join(' / '), count: attributes.samples };
        [mean, deviation] = [undefined, undefined];
      } else if (name === 'mean') mean = attributes;
      else if (name === 'standardDeviation') deviation = attributes.value;
      else if (name === 'failed' && current !== undefined)
        collected.leaveOut(attributes.message ?? current.name, 'benchmarks that failed have no result');
      else if (name === 'BenchmarkResults' && current !== undefined) {
        const { value, lowerBound: ci_low, upperBound: ci_high } = mean ?? {};
        const { count } = current;
        collected.add(current.name, {
          time: { unit: 'ns', better: 'lower', statistic: 'mean', value, ci_low, ci_high, stddev: deviation, count },
        });
        current = undefined;
      }
    }
    return collected.file();
  },
};
