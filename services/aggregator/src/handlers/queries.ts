import {
  type AskedQuery,
  QUERIES,
  QUERY_SUBJECTS,
  type QueryName,
  type QueryReply,
  type QueryRow,
  querySubject,
} from '@benchwire/shared/contracts/query.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { limitIssues, parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { type Answering, respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import type { Queries } from '../adapters/database.ts';
import { fitReply } from '../decide/fit-reply.ts';
import { findAccepted, findAnnotations } from '../tables/annotations.ts';
import { findAttempts, findEarlierSeries, findFailures, findRecovery, findThroughput } from '../tables/attempts.ts';
import { findComparison, findNewestValues } from '../tables/comparison.ts';
import { findCompatibility } from '../tables/compatibility.ts';
import { findEvents } from '../tables/events.ts';
import { findFaultTolerance } from '../tables/fault-tolerance.ts';
import { findChanges, findFinding, findFindings, findIncidents, findPrecision } from '../tables/findings.ts';
import { findCoverage } from '../tables/model-coverage.ts';
import { findOverview } from '../tables/overview.ts';
import { findRejected } from '../tables/rejected.ts';
import { findRequest } from '../tables/requests.ts';
import {
  findFresh,
  findHistory,
  findLinePoints,
  findMatrix,
  findMatrixHistory,
  findMetrics,
  findModels,
  findPoints,
  findResults,
  findRunsOfSeries,
  findSeries,
} from '../tables/results.ts';
import { findDeleted } from '../tables/run-marks.ts';
import { findDistributions, findSamples } from '../tables/samples.ts';
import { findFedInputs, findOutcomes, findTestCounts } from '../tables/stored-outcomes.ts';
import { findTasks } from '../tables/tasks.ts';
import { findRunTests, findTestHistory, findTestStates, findTests } from '../tables/test-cases.ts';
import { findWorkers } from '../tables/workers.ts';
import { failingRuns, newestRuns, oneRun } from './run-queries.ts';
import type { SqlAnswers } from './sql.ts';

export interface QueryContext {
  database: Queries;
  sql: Pick<SqlAnswers, 'answer'>;
  /** What one NATS message holds. */
  max_bytes: () => number;
}

type Answers = {
  [N in Exclude<QueryName, 'sql'>]: (database: Queries, parameters: AskedQuery<N>) => Promise<Array<QueryRow<N>>>;
};

const ANSWERS: Answers = {
  runs: (database, parameters) => newestRuns(database, parameters, Date.now()),
  run: (database, { run_id }) => oneRun(database, run_id, Date.now()),
  deleted_runs: findDeleted,
  tasks: findTasks,
  results: findResults,
  series: findSeries,
  points: findPoints,
  line_points: findLinePoints,
  history: findHistory,
  fresh: findFresh,
  workers: (database, { limit }) => findWorkers(database, limit),
  overview: findOverview,
  failing_runs: (database, parameters) => failingRuns(database, parameters, Date.now()),
  findings: findFindings,
  finding: findFinding,
  changes: findChanges,
  incidents: findIncidents,
  annotations: findAnnotations,
  runs_of_series: findRunsOfSeries,
  accepted: findAccepted,
  precision: findPrecision,
  events: findEvents,
  request: findRequest,
  attempts: findAttempts,
  samples: findSamples,
  distributions: findDistributions,
  matrix: findMatrix,
  matrix_history: findMatrixHistory,
  metrics: findMetrics,
  models: findModels,
  coverage: findCoverage,
  compatibility: findCompatibility,
  outcomes: findOutcomes,
  fed_inputs: findFedInputs,
  run_tests: findRunTests,
  test_counts: findTestCounts,
  tests: findTests,
  test_history: findTestHistory,
  test_states: findTestStates,
  comparison: findComparison,
  earlier_series: findEarlierSeries,
  newest_values: findNewestValues,
  throughput: findThroughput,
  failures: findFailures,
  recovery: findRecovery,
  fault_tolerance: findFaultTolerance,
  rejected: findRejected,
};

/** Pages go on after this column, so rows that share it must not be parted. */
const PAGED_BY: Partial<Record<QueryName, string>> = {
  tasks: 'task_id',
  results: 'task_id',
  outcomes: 'task_id',
  fed_inputs: 'task_id',
  run_tests: 'task_id',
  test_counts: 'task_id',
  test_states: 'case_id',
  history: 'series_id',
  line_points: 'series_id',
  comparison: 'series_id',
};

/** Answers `bw.query.*`. */
export function answerQueries(
  connection: NatsConnection,
  client: JetStreamClient,
  log: Log,
  context: QueryContext,
  answered: (query: string, ok: boolean, seconds: number) => void,
): Answering {
  return respond<unknown, QueryReply>(connection, client, log, {
    subject: QUERY_SUBJECTS,
    queue: 'aggregator',
    schema: z.unknown(),
    refuse: (issues) => refuse(issues),
    handle: async (question, message) => {
      const started = performance.now();
      const name = message.subject.split('.')[2] ?? '';
      const reply = await answerQuery(context, name, question, message.reply);
      answered(isQuery(name) ? name : 'unknown', reply.ok, (performance.now() - started) / 1000);
      return reply;
    },
    max_concurrent: 16,
    // Statements have a queue with limits of its own, so that they take no place of what is asked in a fraction of a second.
    counts: (message) => message.subject !== querySubject('sql'),
  });
}

/**
 * The reply to one question. `truncated` where a limit, or the size of a message, cut it.
 * @param address - where the reply goes
 */
export async function answerQuery(
  context: QueryContext,
  name: string,
  question: unknown,
  address?: string,
): Promise<QueryReply> {
  if (!isQuery(name)) return refuse([unknownQuery(name)]);
  const parsed = parseWith<unknown>(QUERIES[name].parameters, question);
  if (!parsed.ok) return refuse(parsed.issues);
  if (name === 'sql') {
    const { sql, caller } = parsed.value as AskedQuery<'sql'>;
    return await context.sql.answer({ sql, caller, reply: address, max_bytes: context.max_bytes() });
  }
  const run = ANSWERS[name as Exclude<QueryName, 'sql'>] as (
    database: Queries,
    parameters: unknown,
  ) => Promise<Array<Record<string, unknown>>>;
  const rows = await run(context.database, parsed.value);
  const { limit } = parsed.value as { limit?: number };
  const reply = {
    columns: Object.keys(QUERIES[name].row.shape),
    rows,
    truncated: limit !== undefined && rows.length >= limit,
  };
  return fitReply(reply, context.max_bytes(), PAGED_BY[name]);
}

function isQuery(name: string): name is QueryName {
  return Object.hasOwn(QUERIES, name);
}

function unknownQuery(name: string): Issue {
  const names = Object.keys(QUERIES);
  const hint = didYouMean(name, names) || ` There are ${names.join(', ')}.`;
  return { path: '(subject)', code: 'unknown_query', message: `there is no query "${name}".${hint}` };
}

function refuse(issues: Issue[]): QueryReply {
  return { ok: false, issues: limitIssues(issues) };
}
