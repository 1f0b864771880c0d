import type { OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import type { AskedQuery, QueryRow } from '@benchwire/shared/contracts/query.ts';
import type { Queries } from '../adapters/database.ts';
import { equals, filterBy } from './filter.ts';

type Outcome = QueryRow<'outcomes'>;

/** A row of `attempts` as it is stored: JSON as text, empty text for what there was not. */
type Stored = Record<'run_id' | 'task_id' | 'error_class' | 'error_code' | 'error_message' | 'worker_id', string> &
  Record<'device_id' | 'pool' | 'fingerprint' | 'benchmark' | 'executor' | 'model' | 'precision' | 'scenario', string> &
  Record<'variant' | 'request_name' | 'source' | 'queued_at' | 'finished_at' | 'simulation_reason', string> &
  Record<'results' | 'hardware_metrics' | 'environment' | 'logs' | 'clock', string> & {
    attempt: number;
    max_attempts: number;
    status: OutcomeStatus;
    error_retriable: boolean | null;
    tags: Record<string, string>;
    started_at: string | null;
    execution_time_seconds: number | null;
    is_simulated: boolean;
  };

/** Outcomes of a run as their workers reported them: the newest attempt of each task, or the one asked for. */
export async function findOutcomes(
  database: Queries,
  { run_id, task_id, attempt, after_task_id, limit }: AskedQuery<'outcomes'>,
): Promise<Outcome[]> {
  const { where, parameters } = filterBy([
    equals('run_id', 'UUID', run_id),
    equals('task_id', 'String', task_id),
    equals('attempt', 'UInt32', attempt),
    ['task_id > {after_task_id:String}', { after_task_id }],
  ]);
  const rows = await database.query<Stored>(
    `SELECT run_id, task_id, attempt, max_attempts, status, error_class, error_code, error_message, error_retriable,
       worker_id, device_id, pool, fingerprint, benchmark, executor, model, precision, scenario, variant, request_name,
       source, tags, queued_at, started_at, finished_at, execution_time_seconds, is_simulated, simulation_reason, results,
       hardware_metrics, environment, logs, clock
     FROM attempts FINAL ${where} ORDER BY task_id, attempt DESC LIMIT 1 BY task_id LIMIT {limit:UInt32}`,
    { ...parameters, limit },
  );
  return rows.map(outcomeOf);
}

function outcomeOf(row: Stored): Outcome {
  const { run_id, task_id, attempt, max_attempts, status, benchmark, executor, variant, tags } = row;
  const { queued_at, started_at, finished_at, execution_time_seconds, is_simulated, simulation_reason } = row;
  return {
    ...{ run_id, task_id, attempt, max_attempts, status, error: errorOf(row) },
    ...{ worker_id: orNull(row.worker_id), device_id: orNull(row.device_id), pool: orNull(row.pool) },
    ...{ fingerprint: orNull(row.fingerprint), benchmark, executor, model: orNull(row.model) },
    ...{ precision: orNull(row.precision), scenario: orNull(row.scenario), variant },
    ...{ request_name: orNull(row.request_name), source: parsed(row.source, null), tags },
    ...{ queued_at, started_at, finished_at, execution_time_seconds },
    results: parsed(row.results, {}),
    hardware_metrics: parsed(row.hardware_metrics, null),
    environment: parsed(row.environment, {}),
    simulation_status: { is_simulated, ...(simulation_reason === '' ? {} : { reason: simulation_reason }) },
    logs: orNull(row.logs),
    ...(row.clock === '' ? {} : { clock: parsed(row.clock, undefined) }),
  };
}

function errorOf({ error_class, error_code, error_message, error_retriable }: Stored): Outcome['error'] {
  if (error_class === '') return null;
  return {
    class: error_class as NonNullable<Outcome['error']>['class'],
    code: error_code,
    message: error_message,
    retriable: error_retriable ?? true,
  };
}

const orNull = (text: string): string | null => (text === '' ? null : text);

function parsed<T>(text: string, without: T): T {
  return text === '' ? without : (JSON.parse(text) as T);
}

/** What models were fed with: of each task its newest attempt, by batch size. */
export async function findFedInputs(
  database: Queries,
  { run_id, task_id, after_task_id, limit }: AskedQuery<'fed_inputs'>,
): Promise<Array<QueryRow<'fed_inputs'>>> {
  const { where, parameters } = filterBy([
    equals('run_id', 'UUID', run_id),
    equals('task_id', 'String', task_id),
    ['task_id > {after_task_id:String}', { after_task_id }],
  ]);
  const rows = await database.query<Omit<QueryRow<'fed_inputs'>, 'inputs'> & { inputs: string }>(
    `SELECT task_id, attempt, toUInt32OrZero(batch.1) AS batch_size, JSONExtractRaw(batch.2, 'inputs') AS inputs
     FROM (
       SELECT task_id, attempt, arrayJoin(JSONExtractKeysAndValuesRaw(results, 'batch_sizes')) AS batch
       FROM (SELECT task_id, attempt, results FROM attempts FINAL ${where} ORDER BY task_id, attempt DESC LIMIT 1 BY task_id))
     WHERE inputs != '' AND batch_size > 0 ORDER BY task_id, batch_size LIMIT {limit:UInt32}`,
    { ...parameters, limit },
  );
  return rows.map((row) => ({ ...row, inputs: parsed(row.inputs, {}) }));
}

/** Counts of the test cases of each task's newest attempt that has some: of a run of thousands of tests not every case is kept. */
export async function findTestCounts(
  database: Queries,
  { run_id, after_task_id, limit }: AskedQuery<'test_counts'>,
): Promise<Array<QueryRow<'test_counts'>>> {
  const counts = ['total', 'passed', 'failed', 'errors', 'skipped', 'cases_left_out'].map(
    (name) => `JSONExtractUInt(tests, '${name}') AS ${name}`,
  );
  return await database.query(
    `SELECT task_id, attempt, ${counts.join(', ')}, JSONExtract(tests, 'seconds', 'Nullable(Float64)') AS seconds
     FROM (
       SELECT task_id, attempt, JSONExtractRaw(results, 'tests') AS tests FROM attempts FINAL
       WHERE attempts.run_id = {run_id:UUID} AND task_id > {after_task_id:String} AND tests != ''
       ORDER BY task_id, attempt DESC LIMIT 1 BY task_id)
     ORDER BY task_id LIMIT {limit:UInt32}`,
    { run_id, after_task_id, limit },
  );
}
