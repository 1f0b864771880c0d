import type { ComparedBy } from '@benchwire/shared/contracts/comparison.ts';
import { type Period, readPeriod } from '@benchwire/shared/contracts/period.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { type Condition, equals, filterBy, timeParameter } from './filter.ts';
import { RESULTS_ONLY } from './results.ts';
import { SERIES_FIELDS } from './series-columns.ts';

/** For each thing that can be compared: which results belong to one of `values`, and to which. */
const SIDES: Record<Exclude<ComparedBy, 'period'>, { where: string; side: string }> = {
  run: { where: 'run_id IN {values:Array(UUID)}', side: 'toString(run_id)' },
  commit: {
    where: 'arrayExists(each -> startsWith(commit, each), {values:Array(String)})',
    side: 'arrayFirst(each -> startsWith(commit, each), {values:Array(String)})',
  },
  model: { where: 'model IN {values:Array(String)}', side: 'model' },
  hardware: {
    where: "arrayExists(each -> pool = each OR startsWith(pool, concat(each, '-')), {values:Array(String)})",
    side: "arrayFirst(each -> pool = each OR startsWith(pool, concat(each, '-')), {values:Array(String)})",
  },
  batch_size: { where: 'toString(batch_size) IN {values:Array(String)}', side: 'toString(assumeNotNull(batch_size))' },
  series: { where: 'series_id IN {values:Array(String)}', side: 'series_id' },
};

/** What belongs to each period; what several have belongs to the first of them. */
function periodSides(values: readonly string[]): { where: string; side: string; parameters: Record<string, unknown> } {
  const conditions = values.map((value, at) => ofPeriod(readPeriod(value, 0), at));
  const sides = conditions.map(([text], at) => `${text}, {values:Array(String)}[${at + 1}]`);
  return {
    where: `(${conditions.map(([text]) => text).join(' OR ')})`,
    side: `multiIf(${sides.join(', ')}, '')`,
    parameters: Object.assign({}, ...conditions.map(([, parameters]) => parameters)),
  };
}

/** @param at - makes the names of its parameters its own */
function ofPeriod(period: Period | undefined, at: number): Condition {
  if (period === undefined) throw new Error('the contract of the query lets only periods in');
  const [first, second] = [`period_${at}`, `period_${at}_end`];
  if (period.kind === 'time') {
    const within = `(measured_at >= ${timeParameter(first)} AND measured_at < ${timeParameter(second)})`;
    return [within, { [first]: period.since, [second]: period.until }];
  }
  const { name } = period;
  if (period.kind === 'commit') return [`startsWith(commit, {${first}:String})`, { [first]: name }];
  if (period.kind !== 'tag') return [`JSONExtractString(source, 'version') = {${first}:String}`, { [first]: name }];
  const with_tag = (more: string): string =>
    `run_id IN (SELECT run_id FROM runs FINAL WHERE mapContains(tags, {${first}:String})${more})`;
  return period.value === undefined
    ? [with_tag(''), { [first]: name }]
    : [with_tag(` AND tags[{${first}:String}] = {${second}:String}`), { [first]: name, [second]: period.value }];
}

/** A column is one of what was asked for; no condition where nothing was. */
function oneOf(column: string, value: string | string[] | undefined): Condition | undefined {
  return value === undefined ? undefined : [`${column} IN ({${column}:Array(String)})`, { [column]: [value].flat() }];
}

/** What each side of a comparison measured: the newest runs of each series. */
export function findComparison(
  database: Queries,
  {
    by,
    values,
    run_id,
    commit,
    model,
    hardware,
    batch_size,
    benchmark,
    precision,
    metric,
    branch,
    after_series_id,
    runs_per_series,
    limit,
  }: AskedQuery<'comparison'>,
): Promise<Array<QueryRow<'comparison'>>> {
  const sides = by === 'period' ? periodSides(values) : { ...SIDES[by], parameters: {} };
  const { where, parameters } = filterBy([
    [sides.where, { values: [...values], ...sides.parameters }],
    by === 'series' || metric !== undefined ? undefined : [RESULTS_ONLY, {}],
    equals('run_id', 'UUID', run_id),
    commit === undefined ? undefined : ['startsWith(commit, {commit:String})', { commit }],
    oneOf('model', model),
    hardware === undefined
      ? undefined
      : [
          "arrayExists(each -> pool = each OR startsWith(pool, concat(each, '-')), {hardware:Array(String)})",
          { hardware: [hardware].flat() },
        ],
    equals('batch_size', 'UInt32', batch_size),
    equals('benchmark', 'String', benchmark),
    equals('precision', 'String', precision),
    oneOf('metric', metric),
    equals('branch', 'String', branch),
    ['series_id > {after_series_id:String}', { after_series_id }],
  ]);
  const newest = [
    ...SERIES_FIELDS,
    ...['pool', 'unit', 'value', 'ci_low', 'ci_high', 'samples', 'measured_at', 'run_id', 'task_id'],
    ...['better', 'note_codes', 'notes'],
  ];
  // Only what is needed is read: every column of a million rows takes ten times as long.
  return database.query(
    `SELECT side, series_id, values, commits, ${newest.map((column, at) => `newest.${at + 1} AS ${column}`).join(', ')}
     FROM (
       SELECT ${sides.side} AS side, series_id,
         arrayMap(each -> each.2, arraySlice(arraySort(groupArray((version, value))), 1, {runs_per_series:UInt32})) AS values,
         groupUniqArrayIf(20)(commit, commit != '') AS commits,
         argMin(tuple(${newest.join(', ')}), (version, run_id, task_id)) AS newest
       FROM results FINAL ${where}
       GROUP BY series_id, side)
     ORDER BY series_id, side LIMIT {limit:UInt32}`,
    { ...parameters, runs_per_series, limit },
  );
}

/** The newest values of some series, each oldest first. */
export function findNewestValues(
  database: Queries,
  { series_ids, points }: AskedQuery<'newest_values'>,
): Promise<Array<QueryRow<'newest_values'>>> {
  return database.query(
    `SELECT series_id, arrayMap(each -> each.2, arrayReverseSort(groupArray((version, value)))) AS values
     FROM (
       SELECT series_id, version, value FROM results FINAL WHERE series_id IN {series_ids:Array(String)}
       ORDER BY series_id, version LIMIT {points:UInt32} BY series_id)
     GROUP BY series_id ORDER BY series_id`,
    { series_ids: [...series_ids], points },
  );
}
