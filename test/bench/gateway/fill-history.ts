import { openDatabase } from '@benchwire/aggregator/src/adapters/clickhouse.ts';
import { aggregatorConfig, retentionOf } from '@benchwire/aggregator/src/config.ts';
import { migrate } from '@benchwire/aggregator/src/migrations/migrate.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';

/**
 * A process of its own, since one process owns the engine's folder: fills it with the history of a fleet, made by the
 * engine itself. Arguments: the folder, how many runs, how many samples of each task, batch size and run.
 */
const [path = '', runs = '', samples = ''] = process.argv.slice(2);

/** 28 days: a little less than samples are kept. */
const DAYS = 28;
const TASKS = 10;
const BATCHES = 4;
const POOLS = 8;

const config = loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: path });
const database = await openDatabase(config);
await migrate(database, retentionOf(config), createLog('fill', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }));

/** Of run number `run`; the newest has the highest number. */
const at = (run: string): string =>
  `(now64(3) - toIntervalSecond(toUInt64((${runs} - ${run}) * ${(DAYS * 86_400) / Number(runs)})))`;
const id = (run: string): string =>
  `toUUID(concat('019ab000-0000-7000-8000-', leftPad(lower(hex(toUInt64(${run}))), 12, '0')))`;
const pool = (run: string): string => `concat('cpu-', lower(hex(toUInt32(cityHash64(${run} % ${POOLS})))))`;
const model = (task: string): string => `concat('model-', toString(${task}))`;
/** A level for each model, batch size and pool, with 1 % of noise. */
const level = (run: string, task: string, batch: string): string =>
  `(1 + ${task}) * (1 + ${batch}) * (1 + ${run} % ${POOLS} / 10) * (1 + 0.01 * randNormal(0, 1, ${run}))`;

await database.command(`
  INSERT INTO runs (run_id, name, state, accepted_at, finished_at, source, tags, total, completed, failed, timed_out, cancelled, lost)
  SELECT ${id('number')}, concat('nightly ', toString(number)), 'finished', ${at('number')}, ${at('number')}, 'nats', map('branch', 'main'),
    ${TASKS}, ${TASKS}, 0, 0, 0, 0
  FROM numbers(${runs})`);
await database.command(`
  INSERT INTO tasks (run_id, task_id, state, attempt, executor, benchmark, model, pool, worker_id, started_at, finished_at, execution_time_seconds, changed_at, version, is_deleted)
  SELECT ${id('run')}, concat('task-', toString(task)), 'completed', 1, 'onnx', 'nightly', ${model('task')}, ${pool('run')}, concat('worker-', toString(run % 50)),
    ${at('run')}, ${at('run')}, 12.5, ${at('run')}, 1, 0
  FROM (SELECT intDiv(number, ${TASKS}) AS run, number % ${TASKS} AS task FROM numbers(${runs} * ${TASKS}))`);
await database.command(`
  INSERT INTO attempts (run_id, task_id, attempt, max_attempts, status, is_final, error_class, worker_id, pool, benchmark, executor, model, queued_at, started_at, finished_at, execution_time_seconds, results)
  SELECT ${id('run')}, concat('task-', toString(task)), 1, 3, if(number % 100 = 0, 'failed', 'completed'), number % 100 != 0, if(number % 100 = 0, 'out_of_memory', ''),
    concat('worker-', toString(run % 50)), ${pool('run')}, 'nightly', 'onnx', ${model('task')}, ${at('run')}, ${at('run')}, ${at('run')}, 12.5, '{}'
  FROM (SELECT number, intDiv(number, ${TASKS}) AS run, number % ${TASKS} AS task FROM numbers(${runs} * ${TASKS}))`);
const metrics = ['latency_ms', 'latency_p90_ms', 'latency_p99_ms', 'throughput_items_per_second', 'memory_mb'];
const places = `FROM (
    SELECT intDiv(number, ${TASKS * BATCHES * metrics.length}) AS run, intDiv(number, ${BATCHES * metrics.length}) % ${TASKS} AS task,
      intDiv(number, ${metrics.length}) % ${BATCHES} AS batch, number % ${metrics.length} AS of
    FROM numbers(${runs} * ${TASKS * BATCHES * metrics.length}))`;
await database.command(`
  INSERT INTO results (series_id, run_id, task_id, attempt, measured_at, benchmark, model, executor, precision, batch_size, scenario, variant, pool, fingerprint, worker_id, metric, unit, value, ci_low, ci_high, samples, steady, is_simulated, commit, branch, version, is_deleted)
  WITH ${level('run', 'task', 'batch')} AS value_here
  SELECT substring(lower(hex(SHA1(concat(toString(run % ${POOLS}), ' ', toString(task), ' ', toString(batch), ' ', toString(of))))), 1, 20),
    ${id('run')}, concat('task-', toString(task)), 1, ${at('run')}, 'nightly', ${model('task')}, 'onnx', 'fp32', toUInt32(exp2(batch)), 'single_stream', '',
    ${pool('run')}, 'fingerprint', concat('worker-', toString(run % 50)), [${metrics.map((each) => `'${each}'`).join(', ')}][of + 1], if(of < 3, 'ms', if(of = 3, 'items/s', 'MB')),
    value_here, value_here * 0.99, value_here * 1.01, ${samples}, true, false, lower(hex(SHA1(toString(intDiv(run, 20))))), 'main', 1, 0
  ${places}`);
// In parts, so that what is sorted at once stays small.
const PART = 200;
for (let from = 0; from < Number(runs); from += PART) {
  const count = Math.min(PART, Number(runs) - from);
  await database.command(`
    INSERT INTO samples (run_id, task_id, attempt, metric, sequence, position, time, value, unit, batch_size, worker_id)
    SELECT ${id('run')}, concat('task-', toString(task)), 1, 'latency_ms', batch, number % ${samples}, ${at('run')} + toIntervalMillisecond(number % ${samples}),
      (1 + task) * (1 + batch) * (1 + 0.05 * randNormal(0, 1, number)), 'ms', toUInt32(exp2(batch)), 'worker'
    FROM (
      SELECT number, ${from} + intDiv(number, ${TASKS * BATCHES} * ${samples}) AS run, intDiv(number, ${BATCHES} * ${samples}) % ${TASKS} AS task, intDiv(number, ${samples}) % ${BATCHES} AS batch
      FROM numbers(toUInt64(${count * TASKS * BATCHES}) * ${samples}))`);
  process.send?.({ runs: from + count });
}
const counts = await database.query<{ results: string; samples: string }>(
  'SELECT (SELECT count() FROM results) AS results, (SELECT count() FROM samples) AS samples',
);
process.send?.({ results: Number(counts[0]?.results), samples: Number(counts[0]?.samples) });
process.disconnect?.();
await database.close();
