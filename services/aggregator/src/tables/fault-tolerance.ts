import type { FaultTolerance, QuarantinePeriod, StrategyUse } from '@benchwire/shared/contracts/fault-tolerance.ts';
import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import {
  type CircuitEvent,
  circuitPeriods,
  type QuarantineEvent,
  quarantinePeriods,
  useOfCircuits,
  useOfQuarantines,
} from '../decide/held-back.ts';
import { timeParameter } from './filter.ts';

type Asked = AskedQuery<'fault_tolerance'>;
type Counts = Pick<FaultTolerance, 'attempts' | 'failed_attempts' | 'failed_tasks' | 'recovered_tasks'>;

/** The answer is one message, so its lists are bounded. */
const MAX_POOLS = 500;
const MAX_FAILURES = 4000;
const MAX_PERIODS = 200;
const MAX_EVENTS = 20_000;
const MAX_REASON = 300;

const within = (column: string): string =>
  `${column} >= ${timeParameter('since')} AND ${column} < ${timeParameter('until')}`;
const FAILED = "error_class != ''";
const ENDED = `status != 'cancelled' AND ${within('finished_at')}`;

/** Failures and what was done about them. One row. */
export async function findFaultTolerance(database: Queries, { since, until }: Asked): Promise<FaultTolerance[]> {
  const time = { since, until };
  const bucket_seconds = bucketOf(since, until);
  const [counts, pools, failures, retries, quarantines, circuits] = await Promise.all([
    countAttempts(database, time),
    failuresByPool(database, time),
    failuresByTime(database, time, bucket_seconds),
    useOfRetries(database, time),
    findQuarantines(database, time),
    findCircuits(database, time),
  ]);
  const cut = { pools: pools.length > MAX_POOLS, failures: failures.length > MAX_FAILURES };
  const more = { quarantines: quarantines.length > MAX_PERIODS, circuits: circuits.length > MAX_PERIODS };
  return [
    {
      ...{ ...time, bucket_seconds, ...counts },
      pools: pools.slice(0, MAX_POOLS),
      failures: failures.slice(0, MAX_FAILURES).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      strategies: [...retries, ...useOfCircuits(circuits), ...useOfQuarantines(quarantines)],
      quarantines: quarantines.toReversed().slice(0, MAX_PERIODS),
      circuits: circuits.toReversed().slice(0, MAX_PERIODS),
      truncated: Object.entries({ ...cut, ...more }).flatMap(([name, is_cut]) =>
        is_cut ? [name as FaultTolerance['truncated'][number]] : [],
      ),
    },
  ];
}

const BUCKETS_SECONDS = [60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 28 * 86_400];
const MAX_BUCKETS = 60;

/** The shortest of the usual stretches of time that has no more of them than a chart shows. */
function bucketOf(since: string, until: string): number {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000;
  const longest = BUCKETS_SECONDS.at(-1) ?? 0;
  return (
    BUCKETS_SECONDS.find((each) => seconds / each <= MAX_BUCKETS) ??
    longest * Math.ceil(seconds / longest / MAX_BUCKETS)
  );
}

async function countAttempts(database: Queries, time: Asked): Promise<Counts> {
  const [row] = await database.query<Counts>(
    `SELECT sum(ended) AS attempts, sum(failed) AS failed_attempts, countIf(failed > 0) AS failed_tasks,
       countIf(failed > 0 AND completed > 0) AS recovered_tasks
     FROM (SELECT count() AS ended, countIf(${FAILED}) AS failed, countIf(status = 'completed') AS completed
       FROM attempts FINAL WHERE ${ENDED} GROUP BY run_id, task_id)`,
    time,
  );
  return row ?? { attempts: 0, failed_attempts: 0, failed_tasks: 0, recovered_tasks: 0 };
}

function failuresByPool(database: Queries, time: Asked): Promise<FaultTolerance['pools']> {
  return database.query(
    `SELECT pool, count() AS attempts, countIf(${FAILED}) AS failed FROM attempts FINAL WHERE ${ENDED}
     GROUP BY pool ORDER BY failed DESC, attempts DESC, pool LIMIT {limit:UInt32}`,
    { ...time, limit: MAX_POOLS + 1 },
  );
}

/** The most first, so that a limit leaves out the least. */
function failuresByTime(database: Queries, time: Asked, bucket_seconds: number): Promise<FaultTolerance['failures']> {
  return database.query(
    `SELECT toDateTime64(intDiv(toUnixTimestamp(finished_at), {bucket_seconds:UInt32}) * {bucket_seconds:UInt32}, 3, 'UTC') AS at,
       pool, error_class, count() AS attempts
     FROM attempts FINAL WHERE ${FAILED} AND ${ENDED} GROUP BY at, pool, error_class
     ORDER BY attempts DESC, at, pool, error_class LIMIT {limit:UInt32}`,
    { ...time, bucket_seconds, limit: MAX_FAILURES + 1 },
  );
}

/** Where failed tasks were tried again, and whether that attempt completed. One that no worker took was tried nowhere. */
function useOfRetries(database: Queries, time: Asked): Promise<StrategyUse[]> {
  const before = (column: string): string => `lagInFrame(${column}) OVER attempts_of_task AS ${column}_before`;
  return database.query(
    `SELECT multiIf(pool != pool_before, 'other_pool', worker_id != worker_id_before, 'other_worker', 'same_worker') AS strategy,
       error_class_before AS error_class, count() AS times, times AS decided, countIf(status = 'completed') AS succeeded,
       if(succeeded = 0, NULL, quantileExactIf(0.5)(
         dateDiff('millisecond', finished_at_before, finished_at) / 1000, status = 'completed')) AS median_seconds
     FROM (
       SELECT status, worker_id, pool, finished_at, ${['error_class', 'status', 'worker_id', 'pool', 'finished_at'].map(before).join(', ')}
       FROM attempts FINAL WHERE ${within('finished_at')}
       WINDOW attempts_of_task AS (
         PARTITION BY run_id, task_id ORDER BY attempt ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
     )
     WHERE error_class_before != '' AND status_before != 'cancelled' AND status != 'cancelled'
       AND worker_id != '' AND worker_id_before != ''
     GROUP BY strategy, error_class ORDER BY times DESC, strategy, error_class`,
    time,
  );
}

const OF_QUARANTINE = `(kind IN ('quarantined', 'check_failed', 'released')
  OR (kind = 'paused' AND JSONExtractString(data, 'paused', 'kind') = 'quarantined'))`;

/** Those that lasted within the time, the first one first: also of workers that entered it before and are still there. */
async function findQuarantines(database: Queries, time: Asked): Promise<QuarantinePeriod[]> {
  const events = await database.query<QuarantineEvent>(
    `SELECT worker_id, at, kind, substringUTF8(message, 1, ${MAX_REASON}) AS message FROM events FINAL
     WHERE entity = 'worker' AND at < ${timeParameter('until')}
       AND (at >= ${timeParameter('since')} OR worker_id IN (SELECT worker_id FROM workers FINAL WHERE state = 'quarantined'))
       AND (${OF_QUARANTINE} OR (kind = 'changed' AND worker_id IN (
         SELECT worker_id FROM events WHERE entity = 'worker' AND ${OF_QUARANTINE})))
     ORDER BY at DESC, event_id DESC LIMIT {limit:UInt32}`,
    { ...time, limit: MAX_EVENTS },
  );
  const periods = quarantinePeriods(events.reverse()).filter(
    ({ ended_at }) => ended_at === null || ended_at >= time.since,
  );
  const next = await statusAfter(database, periods, time);
  return periods.map((period, at) => ({ ...period, next_status: next.get(at) ?? null }));
}

/** How the first attempt of each worker ended that started after its quarantine, by the place of the period. */
async function statusAfter(
  database: Queries,
  periods: readonly QuarantinePeriod[],
  { since, until }: Asked,
): Promise<Map<number, string>> {
  const ended = periods.flatMap(({ worker_id, ended_at }, place) =>
    ended_at === null ? [] : [{ place, worker_id, ended_at }],
  );
  if (ended.length === 0) return new Map();
  const rows = await database.query<{ place: number; status: string }>(
    `SELECT period.1 AS place, argMin(status, finished_at) AS status
     FROM (SELECT worker_id, status, started_at, finished_at FROM attempts FINAL
       WHERE ${ENDED} AND started_at IS NOT NULL AND worker_id IN {workers:Array(String)}) AS attempts
     ARRAY JOIN arrayZip({places:Array(UInt32)}, {workers:Array(String)}, {times:Array(String)}) AS period
     WHERE worker_id = period.2 AND started_at >= parseDateTime64BestEffort(period.3, 3, 'UTC')
     GROUP BY place`,
    {
      ...{ since, until, places: ended.map(({ place }) => place) },
      ...{ workers: ended.map(({ worker_id }) => worker_id), times: ended.map(({ ended_at }) => ended_at) },
    },
  );
  return new Map(rows.map(({ place, status }) => [place, status]));
}

async function findCircuits(database: Queries, time: Asked): Promise<FaultTolerance['circuits']> {
  const field = (name: string): string =>
    `substringUTF8(JSONExtractString(data, '${name}'), 1, ${MAX_REASON}) AS ${name}`;
  const events = await database.query<CircuitEvent>(
    `SELECT at, kind, substringUTF8(message, 1, ${MAX_REASON}) AS message, ${['subject', 'hardware', 'error_class'].map(field).join(', ')}
     FROM events FINAL
     WHERE entity = 'service' AND kind IN ('circuit_opened', 'circuit_half_open', 'circuit_closed') AND ${within('at')}
     ORDER BY at DESC, event_id DESC LIMIT {limit:UInt32}`,
    { ...time, limit: MAX_EVENTS },
  );
  return circuitPeriods(events.reverse());
}
