import type { Environment } from '../../contracts/hardware.ts';
import { Collected, type MetricRead } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, itemsOf, numberOf, textOf, timeOf } from '../read-values.ts';

/** What a benchmark measures, by the beginning of its name. */
const KINDS: ReadonlyArray<[RegExp, string, Pick<MetricRead, 'unit' | 'better'>]> = [
  [/(^|\.)time(raw)?_/, 'time', { unit: 's', better: 'lower' }],
  [/(^|\.)(peak)?mem_/, 'memory', { unit: 'B', better: 'lower' }],
];

/** One file of airspeed velocity's results folder (version 2): a commit, and all that was measured of it on one machine. */
export const asv: ImportFormat = {
  name: 'asv',
  title: 'asv results file (results/MACHINE/COMMIT-….json)',
  detect: ({ json }) => {
    const { commit_hash, results, result_columns, params } = fieldsOf(json);
    return commit_hash !== undefined && results !== undefined && (result_columns !== undefined || params !== undefined);
  },
  parse(input) {
    const collected = new Collected(input, 'asv');
    const { commit_hash, date, params, results, result_columns, env_name } = fieldsOf(input.json);
    const commit = textOf(commit_hash);
    if (commit !== undefined) collected.source = { commit: commit.slice(0, 128) };
    // `date` is that of the commit; when it was measured stands with the results.
    const machine = fieldsOf(params);
    const facts: Environment = Object.fromEntries(
      Object.entries({ ...machine, env_name }).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [],
      ),
    );
    const named = textOf(machine.machine);
    if (named === undefined) collected.facts = facts;
    else
      collected.device = {
        name: named.slice(0, 128),
        facts,
        identity: ['env_name', 'cpu', 'num_cpu', 'arch'].filter((name) => name in facts),
      };
    const columns = itemsOf(result_columns).map(String);
    let newest: number | undefined;
    for (const [name, row] of Object.entries(fieldsOf(results))) {
      const cell = (column: string): unknown =>
        Array.isArray(row) ? row[columns.indexOf(column)] : fieldsOf(row)[column];
      const started = numberOf(cell('started_at'));
      if (started !== undefined) newest = Math.max(newest ?? 0, started);
      addResults(collected, name, cell);
    }
    collected.measured_at = timeOf(newest ?? numberOf(date));
    return collected.file();
  },
};

function addResults(collected: Collected, name: string, cell: (column: string) => unknown): void {
  const results = itemsOf(cell('result'));
  const axes = itemsOf(cell('params')).map(itemsOf);
  if (results.length === 0) {
    collected.leaveOut(name, 'benchmarks that failed have no result');
    return;
  }
  const [, metric = 'value', kind = {}] = KINDS.find(([pattern]) => pattern.test(name)) ?? [];
  for (const [index, value] of results.entries()) {
    // The last parameter changes fastest.
    const chosen: unknown[] = [];
    let rest = index;
    for (const axis of axes.toReversed()) {
      chosen.unshift(axis.length === 0 ? undefined : axis[rest % axis.length]);
      rest = Math.floor(rest / Math.max(1, axis.length));
    }
    const called = chosen.length === 0 ? name : `${name}(${chosen.join(', ')})`;
    const samples = itemsOf(itemsOf(cell('samples'))[index]);
    if (numberOf(value) === undefined) {
      collected.leaveOut(called, 'benchmarks that failed or were skipped have no result');
      continue;
    }
    const parameters = Object.fromEntries(chosen.map((each, at) => [`param${at + 1}`, each]));
    const read: MetricRead =
      samples.length > 0
        ? { ...kind, values: samples }
        : { ...kind, value, statistic: metric === 'time' ? 'median' : 'value' };
    collected.add(called, { [metric]: read }, { parameters });
  }
}
