import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, textOf } from '../read-values.ts';

const LINE = /^test (.+?)\s+\.\.\. bench:\s+([\d,.]+) (\S+)\/iter \(\+\/- ([\d,.]+)\)(?: = (\d+) MB\/s)?/;

/** libtest's benchmarks: `cargo bench`, as text or with `-Z unstable-options --format json`: medians, with the range as deviation. */
export const cargoBench: ImportFormat = {
  name: 'cargo-bench',
  title: 'cargo bench (libtest)',
  detect: ({ text }) =>
    /^test .+\s+\.\.\. bench:\s+[\d,.]+ /m.test(text) ||
    /^\{.*"type"\s*:\s*"bench"/m.test(text) ||
    /^\{\s*"type"\s*:\s*"suite"/.test(text),
  parse(input) {
    const collected = new Collected(input, 'cargo-bench');
    const add = (name: unknown, unit: string, value: unknown, deviation: unknown, rate: unknown): void =>
      collected.add(name, {
        time: { unit, better: 'lower', statistic: 'median', value, stddev: undefined, ...rangeOf(value, deviation) },
        throughput:
          rate === undefined ? undefined : { unit: 'MB/s', better: 'higher', statistic: 'median', value: rate },
      });
    for (const line of input.text.split('\n')) {
      const [, name, value, unit, deviation, rate] = LINE.exec(line) ?? [];
      if (name !== undefined) add(name, unit ?? 'ns', plain(value), plain(deviation), rate);
      const other = /^test (.+?)\s+\.\.\. (FAILED|ignored)/.exec(line);
      if (other !== null) collected.leaveOut(other[1], 'tests that failed or were ignored have no result');
      if (line.startsWith('{')) readMessage(line, collected, add);
    }
    return collected.file();
  },
};

function readMessage(
  line: string,
  collected: Collected,
  add: (name: unknown, unit: string, value: unknown, deviation: unknown, rate: unknown) => void,
): void {
  try {
    const { type, name, median, deviation, mib_per_second, event } = fieldsOf(JSON.parse(line));
    if (type === 'bench') add(name, 'ns', median, deviation, mib_per_second);
    else if (type === 'test' && (event === 'failed' || event === 'ignored'))
      collected.leaveOut(textOf(name), 'tests that failed or were ignored have no result');
  } catch {
    collected.leaveOut(line.slice(0, 60), 'lines that are not complete JSON were left out');
  }
}

const plain = (text: string | undefined): string | undefined => text?.replaceAll(',', '');

/** libtest's deviation is the whole range. */
function rangeOf(value: unknown, deviation: unknown): { min?: number; max?: number } {
  const [middle, range] = [Number(value), Number(deviation)];
  return Number.isFinite(middle) && Number.isFinite(range) ? { min: middle - range / 2, max: middle + range / 2 } : {};
}
