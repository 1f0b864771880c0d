import { openDatabase } from '@benchwire/aggregator/src/adapters/clickhouse.ts';
import { aggregatorConfig, retentionOf } from '@benchwire/aggregator/src/config.ts';
import { migrate } from '@benchwire/aggregator/src/migrations/migrate.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { createLog } from '@benchwire/shared/runtime/log.ts';
import { LONG_NAME, MODELS, RUNS, runIdOf, TASKS_OF_LARGEST } from './large-size.ts';

/** A process of its own, since one process owns the engine's folder: the engine itself makes the history. Argument: the folder. */
const [path = ''] = process.argv.slice(2);
const config = loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: path });
const database = await openDatabase(config);
await migrate(database, retentionOf(config), createLog('fill', { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }));

const POOLS = 8;
/** Of run number `run`, over 60 days; the newest has the highest number. */
const at = (run: string): string =>
  `(now64(3) - toIntervalSecond(600 + toUInt64((${RUNS} - ${run}) * ${(60 * 86_400) / RUNS})))`;
const id = (run: string): string =>
  `toUUID(concat('${runIdOf(0).slice(0, 24)}', leftPad(lower(hex(toUInt64(${run}))), 12, '0')))`;
const name = (of: string, every: number, short: string): string =>
  `if(${of} % ${every} = 3, concat('${LONG_NAME}', toString(${of})), ${short})`;
const model = (of: string): string => name(`(${of} % ${MODELS})`, 10, `concat('model-', toString(${of} % ${MODELS}))`);
const pool = (run: string): string =>
  `concat('cpu-', lower(hex(toUInt32(cityHash64(intDiv(${run}, ${MODELS}) % ${POOLS})))))`;
const source = (run: string): string =>
  `concat('{"commit":"', lower(hex(SHA1(toString(intDiv(${run}, 20))))), '","branch":"', ${name(run, 9, "'main'")}, '","author":"Ada"}')`;
const failed = (run: string): string => `toUInt32(${run} % 40 = 7)`;

await database.command(`
  INSERT INTO runs (run_id, name, state, accepted_at, finished_at, source, tags, total, completed, failed, timed_out, cancelled, lost)
  SELECT ${id('number')}, ${name('number', 7, "concat('nightly ', toString(number))")}, 'finished', ${at('number')}, ${at('number')} + toIntervalSecond(40 + number % 500),
    ${source('number')}, map('trigger', 'push', 'release', ${name('number', 11, "'1.4'")}), 1, 1 - ${failed('number')}, ${failed('number')}, 0, 0, 0
  FROM numbers(${RUNS})`);
await database.command(`
  INSERT INTO runs (run_id, name, state, accepted_at, finished_at, source, tags, total, completed, failed, timed_out, cancelled, lost)
  VALUES ('${runIdOf(RUNS)}', '${LONG_NAME}', 'finished', now64(3) - toIntervalSecond(900), now64(3) - toIntervalSecond(60), '', map('trigger', 'nightly'),
    ${TASKS_OF_LARGEST}, ${TASKS_OF_LARGEST - TASKS_OF_LARGEST / 40}, ${TASKS_OF_LARGEST / 40}, 0, 0, 0)`);

const taskRows = (run: string, task: string, of: string, began: string, from: string): string => `
  INSERT INTO tasks (run_id, task_id, state, attempt, executor, benchmark, model, pool, worker_id, started_at, finished_at, execution_time_seconds, error_class, error_message, changed_at, version, is_deleted)
  SELECT ${id(run)}, ${task}, if(${of} % 40 = 7, 'failed', 'completed'), 1, 'onnx', 'nightly', ${model(of)}, ${pool(of)}, concat('worker-', toString(${of} % 50)),
    ${began}, ${began} + toIntervalSecond(20), 20 + ${of} % 7, if(${of} % 40 = 7, 'out_of_memory', ''), if(${of} % 40 = 7, 'The device has 16 GB, the model needs more than that: ${LONG_NAME}', ''), now64(3), 1, 0
  ${from}`;
const big_task = `if(number % 50 = 3, concat('${LONG_NAME.slice(0, 100)}', toString(number)), concat('task-', toString(number)))`;
const big_began = 'now64(3) - toIntervalSecond(880) + toIntervalMillisecond(number * 400)';
await database.command(taskRows('number', "'measure'", 'number', at('number'), `FROM numbers(${RUNS})`));
await database.command(taskRows(String(RUNS), big_task, 'number', big_began, `FROM numbers(${TASKS_OF_LARGEST})`));

const METRICS = `[('latency_ms', 'ms'), ('throughput_items_per_second', 'items/s')]`;
/** A level for each series with 1 % of noise, and 12 % slower in the last tenth of every fifth model. */
const resultRows = (run: string, task: string, of: string, measured: string, from: string): string => `
  INSERT INTO results (series_id, run_id, task_id, attempt, measured_at, benchmark, model, executor, precision, batch_size, scenario, variant, pool, fingerprint, worker_id, metric, unit, value, ci_low, ci_high, samples, steady, is_simulated, commit, branch, source, version, is_deleted)
  WITH (1 + ${of} % ${MODELS} / 10) * (1 + intDiv(${of}, ${MODELS}) % ${POOLS} / 8) * (1 + 0.01 * randNormal(0, 1, ${of})) * if(${of} % 5 = 0 AND ${run} > ${RUNS * 0.9}, 1.12, 1) AS slowness,
    if(each.1 = 'latency_ms', slowness, 1000 / slowness) AS value_here
  SELECT substring(lower(hex(SHA1(concat(toString(${of} % ${MODELS}), ' ', ${pool(of)}, ' ', each.1)))), 1, 20),
    ${id(run)}, ${task}, 1, ${measured}, 'nightly', ${model(of)}, 'onnx', 'fp32', 8, 'single_stream', '',
    ${pool(of)}, concat('fingerprint-', toString(intDiv(${of}, ${MODELS}) % ${POOLS})), concat('worker-', toString(${of} % 50)), each.1, each.2,
    value_here, value_here * 0.99, value_here * 1.01, 200, true, false, lower(hex(SHA1(toString(intDiv(${run}, 20))))), 'main', ${source(run)}, toUInt64(1e12) - ${run}, 0
  ${from} ARRAY JOIN ${METRICS} AS each`;
await database.command(resultRows('number', "'measure'", 'number', at('number'), `FROM numbers(${RUNS})`));
await database.command(resultRows(String(RUNS), big_task, 'number', big_began, `FROM numbers(${TASKS_OF_LARGEST})`));

await database.command(`
  INSERT INTO findings (finding_id, kind, series_id, run_id, task_id, attempt, benchmark, model, executor, precision, batch_size, scenario, variant, fingerprint, metric, is_simulated, unit, pool, source, previous_source, detected_at, measured_at, value, baseline_median, baseline_mad, baseline_scale, baseline_n, z_score, threshold, change_percent, message, version, state, revision)
  SELECT concat('finding-', toString(number)), ['regression', 'improvement', 'change', 'drift'][number % 4 + 1],
    substring(lower(hex(SHA1(concat(toString(number % ${MODELS}), ' ', ${pool('number')}, ' latency_ms')))), 1, 20), ${id(`(${RUNS} - number)`)}, 'measure', 1,
    'nightly', ${model('number')}, 'onnx', 'fp32', 8, 'single_stream', '', 'fingerprint-0', 'latency_ms', false, 'ms', ${pool('number')},
    ${source(`(${RUNS} - number)`)}, ${source(`(${RUNS} - number - 20)`)}, ${at(`(${RUNS} - number)`)}, ${at(`(${RUNS} - number)`)},
    11.2, 10, 0.1, 0.15, 20, 8.1, 5.2, 12 - number % 30, 'latency_ms is 12 % higher than the median of 20 runs', 1, ['confirmed', 'suspected', 'acknowledged'][number % 3 + 1], 1
  FROM numbers(3000)`);
await database.command(`
  INSERT INTO test_cases (case_id, run_id, task_id, attempt, is_final, finished_at, benchmark, class, name, file, state, seconds, message, pool, worker_id, variant, commit, branch, version, is_deleted)
  SELECT leftPad(lower(hex(toUInt64(case_number))), 16, '0'), ${id(`(${RUNS} - run)`)}, 'tests', 1, true, ${at(`(${RUNS} - run)`)}, 'unit tests', 'suite', ${name('case_number', 20, "concat('case ', toString(case_number))")}, '',
    if((case_number + run) % 17 = 0, 'failed', 'passed'), 0.1, if((case_number + run) % 17 = 0, 'expected 2, got 3', ''), ${pool('run')}, 'worker-1', '', toString(intDiv(run, 2)), 'main', 1000 + run, 0
  FROM (SELECT intDiv(number, 10) AS case_number, number % 10 AS run FROM numbers(30000))`);
await database.command(`
  INSERT INTO events (run_id, event_id, at, entity, kind, task_id, worker_id, pool, message, data, version)
  SELECT ${id(`(${RUNS} - number)`)}, concat('event-', toString(number)), ${at(`(${RUNS} - number)`)}, 'run', 'finished', '', '', '', ${name('number', 15, "'run finished: 1 task done'")}, '{}', 1
  FROM numbers(20000)`);
await database.close();
