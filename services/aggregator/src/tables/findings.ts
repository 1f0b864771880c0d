import type { FindingSort } from '@benchwire/shared/contracts/finding-sort.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { FindingRow as FindingReply, IncidentRow, PrecisionRow } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import {
  afterRow,
  beginsWith,
  type Condition,
  contains,
  equals,
  filterBy,
  numberKey,
  type SortKey,
  since,
  textKey,
  timeParameter,
  until,
} from './filter.ts';
import { archivedRuns, NOT_ARCHIVED } from './run-marks.ts';
import { SERIES_COLUMNS } from './series-columns.ts';
import type { Table } from './table.ts';

/** What the anomaly service found: one row a finding, as the newest revision of it says. */
export const findings = {
  name: 'findings',
  columns: {
    finding_id: 'String',
    kind: 'LowCardinality(String)',
    series_id: 'String',
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    ...SERIES_COLUMNS,
    unit: 'LowCardinality(String)',
    pool: 'LowCardinality(String)',
    source: 'String',
    previous_source: 'String',
    detected_at: "DateTime64(3, 'UTC')",
    measured_at: "DateTime64(3, 'UTC')",
    value: 'Float64',
    baseline_median: 'Float64',
    baseline_mad: 'Float64',
    baseline_scale: 'Float64',
    baseline_n: 'UInt32',
    baseline_values: 'Array(Float64)',
    z_score: 'Float64',
    threshold: 'Float64',
    change_percent: 'Nullable(Float64)',
    message: 'String',
    version: 'UInt64',
    state: "LowCardinality(String) DEFAULT 'confirmed'",
    state_reason: 'String CODEC(ZSTD)',
    changed_at: "Nullable(DateTime64(3, 'UTC'))",
    revision: 'UInt32',
    incident_id: 'String',
    effect_size: 'Nullable(Float64)',
    /** The whole finding as JSON. */
    record: 'String CODEC(ZSTD)',
  },
  engine: 'ReplacingMergeTree(version)',
  order_by: 'finding_id',
  ttl: { column: 'detected_at', kept: 'findings' },
} as const satisfies Table<string>;

export type FindingRow = Readonly<Record<keyof typeof findings.columns, unknown>>;

const SHOWN = `finding_id, kind, series_id, run_id, task_id, benchmark, model, batch_size, metric, pool, value,
  baseline_median, z_score, change_percent, detected_at, message, state, state_reason, changed_at, revision,
  nullIf(incident_id, '') AS incident_id, executor, precision, unit, fingerprint, source, previous_source`;

/** `findingSortValue` of shared/contracts/finding-sort.ts in SQL. */
const SORTED_BY: Record<FindingSort, SortKey> = {
  detected_at: { column: 'detected_at', parameter: timeParameter('after_value') },
  change: numberKey('ifNull(abs(change_percent), -1)'),
  series: textKey("concat(model, ' ', benchmark, ' ', metric)"),
  kind: textKey('kind'),
  state: textKey('state'),
  pool: textKey('pool'),
};

/** What comes after a row, in the order of a page. */
function after({ sort, descending, before, after: place }: AskedQuery<'findings'>): Condition | undefined {
  const value = place?.value ?? (sort === 'detected_at' ? before?.detected_at : undefined);
  const id = place?.finding_id ?? before?.finding_id;
  const last = value === undefined || id === undefined ? undefined : { value, id };
  return afterRow(SORTED_BY[sort], descending, { column: 'finding_id', type: 'String' }, last);
}

/** A page of findings, sorted; `before` or `after` is the last row of the page before. */
export function findFindings(database: Queries, parameters: AskedQuery<'findings'>): Promise<FindingReply[]> {
  const {
    run_id,
    kind,
    states,
    series_id,
    series_ids,
    incident_id,
    search,
    benchmark,
    model,
    commit,
    branch,
    author,
    archived,
    limit,
  } = parameters;
  const { where, parameters: given } = filterBy([
    equals('run_id', 'UUID', run_id),
    equals('kind', 'String', kind),
    states && ['state IN ({states:Array(String)})', { states }],
    equals('series_id', 'String', series_id),
    series_ids && ['series_id IN ({series_ids:Array(String)})', { series_ids }],
    equals('f.incident_id', 'String', incident_id),
    contains(['benchmark', 'model', 'metric', 'pool'], search),
    beginsWith('benchmark', 'benchmark', benchmark),
    equals('model', 'String', model),
    beginsWith("JSONExtractString(source, 'commit')", 'commit', commit),
    beginsWith("JSONExtractString(source, 'branch')", 'branch', branch),
    author === undefined
      ? undefined
      : ["positionCaseInsensitiveUTF8(JSONExtractString(source, 'author'), {author:String}) > 0", { author }],
    run_id !== undefined && archived === 'hide' ? undefined : archivedRuns(archived),
    since('detected_at', parameters.since),
    until('detected_at', parameters.until),
    after(parameters),
  ]);
  const { sort, descending } = parameters;
  return database.query(
    `SELECT ${SHOWN} FROM findings AS f FINAL ${where}
     ORDER BY ${SORTED_BY[sort].column} ${descending ? 'DESC' : 'ASC'}, finding_id LIMIT {limit:UInt32}`,
    { limit, ...given },
  );
}

/** One finding as the newest of its messages has it, or nothing. */
export function findFinding(
  database: Queries,
  { finding_id }: AskedQuery<'finding'>,
): Promise<Array<QueryRow<'finding'>>> {
  return database.query(
    "SELECT finding_id, revision, record FROM findings FINAL WHERE finding_id = {finding_id:String} AND record != ''",
    { finding_id },
  );
}

/** Still to be looked after. */
export const OPEN = "state IN ('suspected', 'confirmed', 'acknowledged')";

/** Values of a finding's series since it was found. */
const VALUES_SINCE = 100;

/** What was found or settled since a time, with the values on both sides; the greatest change first. */
export async function findChanges(
  database: Queries,
  { kind, since, limit }: AskedQuery<'changes'>,
): Promise<Array<QueryRow<'changes'>>> {
  const at = timeParameter('since');
  const found = await database.query<Omit<QueryRow<'changes'>, 'values_since'>>(
    `SELECT ${SHOWN}, baseline_values FROM findings AS f FINAL
     WHERE kind = {kind:String} AND (detected_at >= ${at} OR (changed_at >= ${at} AND NOT ${OPEN})) AND ${NOT_ARCHIVED}
     ORDER BY ${SORTED_BY.change.column} DESC, finding_id LIMIT {limit:UInt32}`,
    { kind, since, limit },
  );
  const values = await database.query<{ finding_id: string; values_since: number[] }>(
    `SELECT finding_id, arrayReverse(arrayMap(each -> each.2,
       arraySlice(arraySort(groupArray((r.version, r.value))), 1, ${VALUES_SINCE}))) AS values_since
     FROM (SELECT series_id, measured_at, version, value FROM results FINAL
       WHERE series_id IN {series_ids:Array(String)}) AS r
     INNER JOIN (SELECT finding_id, series_id, measured_at FROM findings FINAL
       WHERE finding_id IN {finding_ids:Array(String)}) AS f ON r.series_id = f.series_id
     WHERE r.measured_at >= f.measured_at GROUP BY finding_id`,
    {
      series_ids: [...new Set(found.map(({ series_id }) => series_id))],
      finding_ids: found.map(({ finding_id }) => finding_id),
    },
  );
  const since_found = new Map(values.map(({ finding_id, values_since }) => [finding_id, values_since]));
  return found.map((row) => ({ ...row, values_since: since_found.get(row.finding_id) ?? [] }));
}

/** Findings by incident, the newest incident first, what moved in each by effect. */
export async function findIncidents(
  database: Queries,
  { incident_id, only_open, limit }: AskedQuery<'incidents'>,
): Promise<IncidentRow[]> {
  const rows: Array<Omit<IncidentRow, 'moved'> & { moved: string }> = await database.query(
    `SELECT f.incident_id AS incident_id, splitByChar(':', f.incident_id)[1] AS cause,
       min(detected_at) AS first_detected_at, max(detected_at) AS last_detected_at, count() AS findings,
       countIf(${OPEN}) AS open, countIf(kind = 'regression') AS regressions, countIf(kind = 'improvement') AS improvements,
       any(f.source) AS source, any(f.previous_source) AS previous_source,
       toJSONString(arraySlice(arraySort(m -> -abs(ifNull(m.effect_size, 0)), groupArray(CAST(
         (finding_id, kind, state, benchmark, model, metric, pool, change_percent, effect_size),
         'Tuple(finding_id String, kind String, state String, benchmark String, model String, metric String, pool String, change_percent Nullable(Float64), effect_size Nullable(Float64))'
       ))), 1, 100)) AS moved
     FROM findings AS f FINAL
     WHERE f.incident_id != '' AND ({incident_id:String} = '' OR f.incident_id = {incident_id:String}) AND ${NOT_ARCHIVED}
     GROUP BY f.incident_id ${only_open ? 'HAVING open > 0' : ''}
     ORDER BY last_detected_at DESC, incident_id LIMIT {limit:UInt32}`,
    { incident_id, limit },
  );
  return rows.map((row) => ({ ...row, moved: JSON.parse(row.moved) as IncidentRow['moved'] }));
}

/** How often findings were right, by metric and pool, the most judged first. */
export function findPrecision(database: Queries, { limit }: AskedQuery<'precision'>): Promise<PrecisionRow[]> {
  const count = (state: string): string => `countIf(state = '${state}') AS ${state}`;
  return database.query(
    `SELECT metric, pool, ${['suspected', 'confirmed', 'acknowledged', 'dismissed', 'went_away'].map(count).join(', ')},
       if(acknowledged + dismissed = 0, NULL, acknowledged / (acknowledged + dismissed)) AS precision
     FROM findings FINAL GROUP BY metric, pool
     ORDER BY acknowledged + dismissed DESC, metric, pool LIMIT {limit:UInt32}`,
    { limit },
  );
}
