import type { ComparedBy } from '@benchwire/shared/contracts/comparison.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { equals, filterBy } from './filter.ts';
import { RESULTS_ONLY } from './results.ts';
import { SERIES_FIELDS } from './series-columns.ts';

/** For each thing that can be compared: which results belong to one of `values`, and to which. */
const SIDES: Record<ComparedBy, { where: string; side: string }> = {
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
    after_series_id,
    runs_per_series,
    limit,
  }: AskedQuery<'comparison'>,
): Promise<Array<QueryRow<'comparison'>>> {
  const { where, parameters } = filterBy([
    [SIDES[by].where, { values: [...values] }],
    by === 'series' || metric !== undefined ? undefined : [RESULTS_ONLY, {}],
    equals('run_id', 'UUID', run_id),
    commit === undefined ? undefined : ['startsWith(commit, {commit:String})', { commit }],
    equals('model', 'String', model),
    hardware === undefined
      ? undefined
      : ["(pool = {hardware:String} OR startsWith(pool, concat({hardware:String}, '-')))", { hardware }],
    equals('batch_size', 'UInt32', batch_size),
    equals('benchmark', 'String', benchmark),
    equals('precision', 'String', precision),
    equals('metric', 'String', metric),
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
       SELECT ${SIDES[by].side} AS side, series_id,
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
