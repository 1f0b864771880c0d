import type { RunSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import {
  afterRow,
  filterBy,
  numberKey,
  type SortKey,
  since as sinceTime,
  textKey,
  timeParameter,
  until as untilTime,
} from './filter.ts';
import { archivedRuns, NOT_ARCHIVED } from './run-marks.ts';
import type { Table } from './table.ts';

const counted = 'SimpleAggregateFunction(max, UInt32)';

/**
 * One row per run, put together from its events: each event fills in what it knows, and every column takes the
 * greatest (`accepted_at` the least), so the order of arrival does not matter.
 */
export const runs = {
  name: 'runs',
  columns: {
    run_id: 'UUID',
    name: 'SimpleAggregateFunction(max, String)',
    state: "SimpleAggregateFunction(max, Enum8('accepted' = 1, 'cancelling' = 2, 'finished' = 3))",
    accepted_at: "SimpleAggregateFunction(min, DateTime64(3, 'UTC'))",
    finished_at: "SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC')))",
    source: 'SimpleAggregateFunction(max, String)',
    tags: 'SimpleAggregateFunction(max, Map(String, String))',
    total: counted,
    completed: counted,
    failed: counted,
    timed_out: counted,
    cancelled: counted,
    lost: counted,
  },
  engine: 'AggregatingMergeTree',
  order_by: 'run_id',
} as const satisfies Table<string>;

export type RunRow = Readonly<Record<keyof typeof runs.columns, unknown>>;

/** A run as it is stored; the counts are those of its end, 0 before. */
export interface StoredRun {
  run_id: string;
  name: string;
  state: 'accepted' | 'cancelling' | 'finished';
  accepted_at: string;
  finished_at: string | null;
  source: string;
  tags: Record<string, string>;
  total: number;
  completed: number;
  failed: number;
  timed_out: number;
  cancelled: number;
  lost: number;
  /** In a list: what it is sorted by. */
  sort_value?: string | number;
}

/** `runStatus` of shared/contracts/run-status.ts in SQL. */
const STATUS = `multiIf(state = 'cancelling', 'cancelling', state != 'finished', 'running',
  failed + timed_out + lost > 0, if(completed > 0, 'partly_failed', 'failed'),
  completed >= total, 'completed', 'cancelled')`;

/** Of what goes on nothing is known yet that is counted at its end: it comes below every other. */
const atItsEnd = (value: string): SortKey => numberKey(`if(state = 'finished', toFloat64(${value}), -1)`);

const SORTED_BY: Record<RunSort, SortKey> = {
  accepted_at: numberKey('toFloat64(toUnixTimestamp64Milli(accepted_at))'),
  name: textKey('lower(name)'),
  status: textKey(STATUS),
  not_completed: atItsEnd('failed + timed_out + lost'),
  duration_seconds: atItsEnd("ifNull(dateDiff('millisecond', accepted_at, finished_at), -1)"),
  source: textKey("concat(JSONExtractString(source, 'branch'), ' ', JSONExtractString(source, 'commit'))"),
};

/** A page of runs, sorted. */
export function findRuns(database: Queries, parameters: AskedQuery<'runs'>): Promise<StoredRun[]> {
  const {
    states,
    statuses,
    verdicts,
    search,
    tag,
    commit,
    branch,
    since,
    until,
    archived,
    before,
    limit,
    sort,
    descending,
    after,
  } = parameters;
  const key = SORTED_BY[sort];
  const [name = '', ...value] = tag.split('=');
  const { where, parameters: given } = filterBy([
    states && ['toString(state) IN ({states:Array(String)})', { states }],
    statuses && [`${STATUS} IN ({statuses:Array(String)})`, { statuses }],
    verdicts && [
      'run_id IN (SELECT run_id FROM verdicts FINAL WHERE outcome IN ({verdicts:Array(String)}))',
      { verdicts },
    ],
    search === ''
      ? undefined
      : [
          '(positionCaseInsensitive(name, {search:String}) > 0 OR position(toString(run_id), {search:String}) > 0)',
          { search },
        ],
    tag === '' ? undefined : ['mapContains(tags, {tag:String})', { tag: name }],
    value.length === 0 ? undefined : ['tags[{tag:String}] = {value:String}', { value: value.join('=') }],
    commit === ''
      ? undefined
      : ["startsWith(lower(JSONExtractString(source, 'commit')), lower({commit:String}))", { commit }],
    branch === '' ? undefined : ["JSONExtractString(source, 'branch') = {branch:String}", { branch }],
    sinceTime('accepted_at', since),
    untilTime('accepted_at', until),
    archivedRuns(archived),
    afterRow(
      key,
      descending,
      { column: 'run_id', type: 'UUID', descending: true },
      after && { value: after.value, id: after.run_id },
    ),
    before && [
      `(accepted_at, run_id) < (${timeParameter('before_at')}, {before_run:UUID})`,
      { before_at: before.accepted_at, before_run: before.run_id },
    ],
  ]);
  return database.query(
    `SELECT *, ${key.column} AS sort_value FROM runs FINAL ${where}
     ORDER BY sort_value ${descending ? 'DESC' : 'ASC'}, run_id DESC LIMIT {limit:UInt32}`,
    { limit, ...given },
  );
}

/** One run, or nothing. */
export function findRun(database: Queries, run_id: string): Promise<StoredRun[]> {
  return database.query('SELECT * FROM runs FINAL WHERE run_id = {run_id:UUID}', { run_id });
}

/**
 * Of each name and branch the newest run that ended since, where it ended with failed tasks. One that was repeated with success
 * is not among them; a run without a name stands for itself.
 */
export function findFailingRuns(database: Queries, { since, limit }: AskedQuery<'failing_runs'>): Promise<StoredRun[]> {
  return database.query(
    `SELECT * FROM (
       SELECT * FROM runs FINAL WHERE state = 'finished' AND finished_at >= ${timeParameter('since')} AND ${NOT_ARCHIVED}
       ORDER BY accepted_at DESC, run_id DESC
       LIMIT 1 BY if(name = '', toString(run_id), name), JSONExtractString(source, 'branch'))
     WHERE ${STATUS} IN ('failed', 'partly_failed') ORDER BY finished_at DESC, run_id DESC LIMIT {limit:UInt32}`,
    { since, limit },
  );
}
