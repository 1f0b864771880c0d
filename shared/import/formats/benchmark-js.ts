import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, textOf } from '../read-values.ts';

const LINE = /^(.+) x ([\d,.]+) ops\/sec ±([\d.]+)% \((\d+) runs? sampled\)/;

/** benchmark.js: a list of its benchmarks as JSON (name, stats), or the lines that it prints. Seconds for one operation. */
export const benchmarkJs: ImportFormat = {
  name: 'benchmark-js',
  title: 'benchmark.js (JSON of its benchmarks, or its printed lines)',
  detect: ({ json, text }) =>
    every(listOf(json), (each) => 'name' in each && 'hz' in each && 'stats' in each) ||
    (json === undefined && text.split('\n').some((line) => LINE.test(line))),
  parse(input) {
    const collected = new Collected(input, 'benchmark-js');
    for (const item of listOf(input.json)) {
      const { name, stats } = fieldsOf(item);
      const { sample, mean, deviation } = fieldsOf(stats);
      if (itemsOf(sample).length > 0)
        collected.add(name, { time: { unit: 's', better: 'lower', values: itemsOf(sample) } });
      // A benchmark that threw has an empty sample and a mean of 0.
      else if (mean === 0) collected.leaveOut(textOf(name), 'benchmarks that ended with an error have no result');
      else
        collected.add(name, {
          time: { unit: 's', better: 'lower', statistic: 'mean', value: mean, stddev: deviation },
        });
    }
    if (input.json === undefined)
      for (const line of input.text.split('\n')) {
        const [, name, rate, , count] = LINE.exec(line) ?? [];
        if (name !== undefined)
          collected.add(name, {
            throughput: { unit: 'ops/s', better: 'higher', statistic: 'mean', value: rate?.replaceAll(',', ''), count },
          });
      }
    return collected.file();
  },
};

/** A suite as JSON is an object with the indices of a list. */
function listOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  const { length } = fieldsOf(json);
  const named = Object.entries(fieldsOf(json)).filter(([name]) => /^\d+$/.test(name));
  return typeof length === 'number' ? named.map(([, each]) => each) : [];
}
