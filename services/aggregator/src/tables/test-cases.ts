import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import type { TestSort } from '@benchwire/shared/contracts/list-sort.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { firstWins, streamOrder } from '../decide/versions.ts';
import { afterRow, type Condition, contains, equals, filterBy, numberKey, type SortKey, textKey } from './filter.ts';
import type { Table } from './table.ts';

/** One row per test case and attempt. By case first, because that is how history is read. */
export const testCases = {
  name: 'test_cases',
  columns: {
    /** Names the case in every run (shared/contracts/test-case-id.ts). */
    case_id: 'String',
    run_id: 'UUID',
    task_id: 'String',
    attempt: 'UInt32',
    /** The attempt's outcome ended its task. */
    is_final: 'Bool',
    finished_at: "DateTime64(3, 'UTC') CODEC(Delta, ZSTD)",
    benchmark: 'LowCardinality(String)',
    class: 'String CODEC(ZSTD)',
    name: 'String CODEC(ZSTD)',
    file: 'String CODEC(ZSTD)',
    state: 'LowCardinality(String)',
    seconds: 'Nullable(Float64)',
    message: 'String CODEC(ZSTD)',
    pool: 'LowCardinality(String)',
    worker_id: 'LowCardinality(String)',
    variant: 'LowCardinality(String)',
    commit: 'LowCardinality(String)',
    branch: 'LowCardinality(String)',
    version: 'UInt64 CODEC(Delta, ZSTD)',
    is_deleted: 'UInt8',
  },
  engine: 'ReplacingMergeTree(version, is_deleted)',
  order_by: '(case_id, run_id, task_id, attempt)',
  indices: ['by_run run_id TYPE bloom_filter GRANULARITY 1'],
  ttl: { column: 'finished_at', kept: 'attempts' },
} as const satisfies Table<string>;

export type TestCaseRow = Readonly<Record<keyof typeof testCases.columns, unknown>>;

const SHOWN =
  'case_id, run_id, task_id, attempt, finished_at, benchmark, class, name, file, state, seconds, message, pool, worker_id, commit, branch';
/** States in a row of `tests`. */
const RECENT = 30;
/** Failed ones first. */
const BY_STATE = "indexOf(['error', 'failed', 'skipped', 'passed'], state)";

/** Cases of a run: of each task its newest attempt. */
export function findRunTests(
  database: Queries,
  { run_id, task_id, states, after_task_id, limit }: AskedQuery<'run_tests'>,
): Promise<Array<QueryRow<'run_tests'>>> {
  const { where, parameters } = filterBy([
    equals('run_id', 'UUID', run_id),
    equals('task_id', 'String', task_id),
    ['task_id > {after_task_id:String}', { after_task_id }],
  ]);
  const kept = states === undefined ? '' : 'WHERE state IN ({states:Array(String)})';
  return database.query(
    `SELECT ${SHOWN} FROM (
       SELECT *, max(attempt) OVER (PARTITION BY task_id) AS newest FROM test_cases FINAL ${where})
     ${kept === '' ? 'WHERE' : `${kept} AND`} attempt = newest
     ORDER BY task_id, ${BY_STATE}, class, file, name LIMIT {limit:UInt32}`,
    { ...parameters, limit, ...(states === undefined ? {} : { states }) },
  );
}

/**
 * Texts and numbers of `findTests`. `last_state` is one text of all that the order goes by: whether it fails now, how flaky it is
 * (a millionth is the least difference), how often it failed, and when it ran last.
 */
const SORTED_BY: Record<TestSort, SortKey> = {
  last_state: textKey(
    `concat(if(last_state IN ('failed', 'error'), '1', '0'), leftPad(toString(toUInt32(ifNull(flakiness + 1, 0) * 1000000)), 7, '0'),
       leftPad(toString(failures), 10, '0'), leftPad(toString(toUnixTimestamp64Milli(last_at)), 15, '0'))`,
  ),
  test: textKey("concat(if(class = '', file, class), '\\n', name)"),
  benchmark: textKey('toString(benchmark)'),
  failures: numberKey('toFloat64(failures)'),
  flakiness: numberKey('ifNull(flakiness, -1)'),
  seconds: numberKey('ifNull(seconds, -1)'),
  last_at: numberKey('toFloat64(toUnixTimestamp64Milli(last_at))'),
};

/**
 * Cases with how often they failed lately and how much they are to be relied on. Executions of one program are those with the
 * same commit and settings (without a commit: the same settings) on the same pool; a case that both passed and failed there is
 * flaky. `flakiness` is the share of executions that disagree with most others of their program, of those programs that
 * ran it more than once: 0 for a case that is broken or whole, 0.5 for the toss of a coin.
 */
export function findTests(
  database: Queries,
  { benchmark, search, case_id, only, executions, sort, descending, after, limit }: AskedQuery<'tests'>,
): Promise<Array<QueryRow<'tests'>>> {
  const conditions: Array<Condition | undefined> = [
    equals('case_id', 'String', case_id),
    equals('benchmark', 'String', benchmark),
    contains(['benchmark', 'class', 'file', 'name'], search),
  ];
  const { where, parameters } = filterBy(conditions);
  const wanted = [
    ...(only.includes('flaky') ? ['flaky_programs > 0'] : []),
    ...(only.includes('failing') ? ["last_state IN ('failed', 'error')"] : []),
  ];
  const key = { ...SORTED_BY[sort], column: 'sort_value' };
  const last = after && { value: after.value, id: after.case_id };
  const page = filterBy([
    ...wanted.map((text): Condition => [text, {}]),
    afterRow(key, descending, { column: 'case_id', type: 'String' }, last),
  ]);
  return database.query(
    `SELECT case_id, newest.1 AS benchmark, newest.2 AS class, newest.3 AS name, newest.4 AS file, newest.5 AS last_state,
       newest.6 AS last_at, newest.7 AS last_run_id, newest.8 AS last_message, executions, failures, skipped, programs, flaky_programs, flakiness, seconds, recent, ${SORTED_BY[sort].column} AS sort_value
     FROM (
       SELECT case_id, argMin(newest_of, newest_version) AS newest, sum(passed + failed) AS executions, sum(failed) AS failures,
         sum(not_run) AS skipped, countIf(passed + failed > 0) AS programs, countIf(passed > 0 AND failed > 0) AS flaky_programs,
         if(sumIf(passed + failed, passed + failed > 1) = 0, NULL,
           sumIf(least(passed, failed), passed + failed > 1) / sumIf(passed + failed, passed + failed > 1)) AS flakiness,
         arrayReduce('median', arrayFlatten(groupArray(times))) AS median_seconds,
         if(isNaN(median_seconds), NULL, median_seconds) AS seconds,
         arrayMap(each -> each.2, arraySlice(arraySort(arrayFlatten(groupArray(ended))), 1, ${RECENT})) AS recent
       FROM (
         SELECT case_id, countIf(state = 'passed') AS passed, countIf(state IN ('failed', 'error')) AS failed,
           countIf(state = 'skipped') AS not_run, min(version) AS newest_version,
           argMin(tuple(benchmark, class, name, file, state, finished_at, toString(run_id), message), version) AS newest_of,
           groupArray((version, toString(state))) AS ended,
           groupArrayIf(assumeNotNull(seconds), seconds IS NOT NULL AND state = 'passed') AS times
         FROM (
           SELECT * FROM test_cases FINAL ${where} ORDER BY case_id, version LIMIT {executions:UInt32} BY case_id)
         GROUP BY case_id, commit, variant, pool)
       GROUP BY case_id)
     ${page.where}
     ORDER BY sort_value ${descending ? 'DESC' : 'ASC'}, case_id LIMIT {limit:UInt32}`,
    { ...parameters, ...page.parameters, executions, limit },
  );
}

/** Executions of one case, the newest first. */
export function findTestHistory(
  database: Queries,
  { case_id, limit }: AskedQuery<'test_history'>,
): Promise<Array<QueryRow<'test_history'>>> {
  return database.query(
    `SELECT ${SHOWN} FROM test_cases FINAL WHERE case_id = {case_id:String} ORDER BY version, attempt DESC LIMIT {limit:UInt32}`,
    { case_id, limit },
  );
}

/** How each case of each pool ended lately, newest first, for a service that starts; `after_case_id` pages on. */
export function findTestStates(
  database: Queries,
  { after_case_id, executions, stored_before, limit }: AskedQuery<'test_states'>,
): Promise<Array<QueryRow<'test_states'>>> {
  const older = stored_before === undefined ? '' : 'AND version > {newest:UInt64}';
  // A version falls along the stream, and its time is that of the stream.
  const newest = firstWins(streamOrder({ stored_at: new Date(stored_before ?? 0), sequence: 0 }));
  return database.query(
    `SELECT case_id, pool, groupArray(is_bad) AS bad FROM (
       SELECT case_id, pool, state IN ('failed', 'error') AS is_bad FROM test_cases FINAL
       WHERE case_id > {after_case_id:String} AND is_final AND state != 'skipped' ${older}
       ORDER BY case_id, pool, version LIMIT {executions:UInt32} BY case_id, pool)
     GROUP BY case_id, pool ORDER BY case_id, pool LIMIT {limit:UInt32}`,
    { after_case_id, executions, limit, ...(older === '' ? {} : { newest }) },
  );
}

/** The cases that an attempt has rows of. */
export function casesOfAttempt(database: Queries, key: AttemptKey): Promise<Array<{ case_id: string }>> {
  return database.query(
    `SELECT DISTINCT case_id FROM test_cases
     WHERE run_id = {run_id:UUID} AND task_id = {task_id:String} AND attempt = {attempt:UInt32}`,
    { run_id: key.run_id, task_id: key.task_id, attempt: key.attempt },
  );
}
