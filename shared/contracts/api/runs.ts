import { z } from 'zod';
import { ARCHIVED_CHOICES } from '../archived-choice.ts';
import { runId, taskId } from '../ids.ts';
import { RUN_SORTS, TASK_SORTS } from '../list-sort.ts';
import { QUERIES } from '../query.ts';
import { issue } from '../request.ts';
import { eventRow, findingRow, resultRow, runRow, taskRow, taskState } from '../rows.ts';
import { RUN_STATUSES } from '../run-status.ts';
import { TASK_TYPES } from '../task.ts';
import { runVerdict, verdictOutcome } from '../verdict.ts';
import { cursor, limitOf, pageOf, reportAnswer, reportFormat, since } from './lists.ts';
import { signatures } from './signature.ts';

const params = z.object({ run_id: runId });

/** A run as HTTP shows it. */
export const runNow = runRow.omit({ sort_value: true }).extend({
  /** Whether it goes on, or how it ended. */
  status: z.enum(RUN_STATUSES),
});
export type RunNow = z.infer<typeof runNow>;

/** A task as HTTP shows it: its state, and what was asked for. The latter is null where the run's request was not kept. */
export const taskNow = taskRow.omit({ sort_value: true }).extend({
  type: z.enum(TASK_TYPES).nullable(),
  priority: z.int().nullable(),
  config: z.record(z.string(), z.unknown()).nullable(),
  requirements: z.record(z.string(), z.unknown()).nullable(),
  depends_on: z.array(z.string()).nullable(),
  timeout_seconds: z.number().nullable(),
});
export type TaskNow = z.infer<typeof taskNow>;

/** The run that a request became. */
export const submitted = z.object({ run_id: runId, task_count: z.int(), duplicate: z.boolean() });

/** What is wrong with a request that was only checked; no issues where it would start. */
export const dryRun = z.object({ task_count: z.int(), issues: z.array(issue) });
export type DryRun = z.infer<typeof dryRun>;

/** What a run measured, page by page: the same under `/api/runs` and `/api/benchmark`. */
export const resultsOfRun = {
  role: 'viewer',
  params,
  query: z.strictObject({ limit: limitOf(1000, 10_000), cursor }),
  answer: pageOf(resultRow),
} as const;

/** Anything, for ingest to judge: it says what is wrong and where, and so does a dry run. YAML comes as text. */
const writtenBody = z.unknown().meta({
  description: 'A request with its `tasks`, or a single task: docs/requests.md',
  examples: [{ tasks: [{ task_id: 'first', executor: 'onnx', config: { model: 'silero-vad-v5' } }] }],
});

/** Of one request. */
export const MAX_CHOSEN_RUNS = 500;

const chosenRuns = z.strictObject({
  run_ids: z.array(runId).min(1).max(MAX_CHOSEN_RUNS),
  reason: z.string().max(2000).default(''),
});
/** What became of each. */
export const decidedRuns = z.object({
  done: z.array(runId),
  refused: z.array(z.object({ run_id: runId, code: z.string(), message: z.string() })),
});
export type DecidedRuns = z.infer<typeof decidedRuns>;

const runFilter = z.enum(['', 'open', 'accepted', 'finished', ...RUN_STATUSES]).optional();

export const runApi = signatures({
  'GET /api/runs': {
    role: 'viewer',
    summary: 'Runs, sorted; the newest first unless said otherwise',
    query: z.strictObject({
      /** `failed` finds runs with any failed task, partly failed ones too; `running` also those that are being cancelled. */
      status: runFilter,
      /** The same as `status`. */
      state: runFilter,
      verdict: z.enum(['', ...verdictOutcome.options]).optional(),
      search: z.string().max(256).optional(),
      tag: z.string().max(256).optional(),
      /** The beginning of a commit's name, or all of it. */
      commit: z.string().max(256).optional(),
      branch: z.string().max(256).optional(),
      since,
      /** Accepted before. */
      until: since,
      /** Archived runs: left out unless `include` or `only` is asked for. */
      archived: z.enum(['', ...ARCHIVED_CHOICES]).optional(),
      sort: z.enum(RUN_SORTS).default('accepted_at'),
      descending: z.stringbool().default(true),
      limit: limitOf(20),
      cursor,
    }),
    answer: pageOf(runNow),
  },
  'POST /api/runs': {
    role: 'submitter',
    summary: 'Start a run: a request or a single task as JSON, or YAML as application/yaml',
    query: z.strictObject({ dry_run: z.stringbool().default(false) }),
    body: writtenBody,
    max_body_bytes: Number.POSITIVE_INFINITY,
    answer: z.union([submitted, dryRun]),
    status: 202,
    other_status: 200,
  },
  'GET /api/runs/:run_id': { role: 'viewer', summary: 'One run with its counts', params, answer: runNow },
  'GET /api/runs/:run_id/verdict': {
    role: 'viewer',
    summary:
      'Is it slower than its base: each metric with its change, interval and baseline, and what the gate makes of them',
    params,
    query: z.strictObject({ base_run_id: runId.optional() }),
    answer: runVerdict,
  },
  'POST /api/runs/:run_id/accept': {
    role: 'submitter',
    summary: 'Accept what it made slower: from its commit on that is the level that others are compared with',
    params,
    body: z.strictObject({ reason: z.string().max(2000).default('') }).default({ reason: '' }),
    answer: z.object({ run_id: runId, series_ids: z.array(z.string()) }),
  },
  'GET /api/runs/:run_id/request': {
    role: 'viewer',
    summary: 'The request that it was started with',
    params,
    answer: QUERIES.request.row,
  },
  'GET /api/runs/:run_id/tasks': {
    role: 'viewer',
    summary: 'Its tasks, sorted; by id unless said otherwise',
    params,
    query: z.strictObject({
      state: taskState.optional(),
      search: z.string().max(256).optional(),
      sort: z.enum(TASK_SORTS).default('task_id'),
      descending: z.stringbool().default(false),
      limit: limitOf(1000, 10_000),
      cursor,
    }),
    answer: pageOf(taskNow),
  },
  'GET /api/runs/:run_id/results': { ...resultsOfRun, summary: 'What it measured, by task id' },
  'GET /api/runs/:run_id/events': {
    role: 'viewer',
    summary: 'What happened in it, the newest first',
    params,
    query: z.strictObject({ task_id: taskId.optional(), limit: limitOf(100), cursor }),
    answer: pageOf(eventRow),
  },
  'GET /api/runs/:run_id/findings': {
    role: 'viewer',
    summary: 'Findings that it brought',
    params,
    query: z.strictObject({ limit: limitOf(50) }),
    answer: pageOf(findingRow),
  },
  'GET /api/runs/:run_id/report': {
    role: 'viewer',
    summary:
      'The whole run as one HTML file that needs nothing else; with `format=pdf` as PDF, 409 NO_PDF where no browser can print it',
    params,
    query: z.strictObject({ format: reportFormat }),
    answer: reportAnswer,
    content_type: 'text/html; charset=utf-8',
    other_content_type: 'application/pdf',
  },
  'POST /api/runs/:run_id/cancel': {
    role: 'submitter',
    summary: 'Cancel a run',
    params,
    body: z.strictObject({ reason: z.string().max(1000).optional() }).default({}),
    answer: z.object({ run_id: runId }),
    status: 202,
  },
  'POST /api/archived-runs': {
    ...{ role: 'operator', body: chosenRuns, answer: decidedRuns },
    summary:
      'Take finished runs out of the lists, the overview and the findings; those that are refused are left as they are, with the reason',
  },
  'POST /api/restored-runs': {
    ...{ role: 'operator', body: chosenRuns, answer: decidedRuns },
    summary: 'Bring archived runs back into the lists',
  },
  'POST /api/deleted-runs': {
    ...{ role: 'admin', body: chosenRuns, answer: decidedRuns },
    summary:
      'Delete finished runs for good, with their tasks, outcomes, results and samples; a run that goes on is refused: cancel it first',
  },
  'POST /api/runs/:run_id/repeat': {
    role: 'submitter',
    summary:
      'Run it again, as it was written; 409 FILES_DIFFER where a worker has other files than it measured, unless `files=as_they_are`',
    params,
    query: z.strictObject({ files: z.enum(['', 'as_they_are']).optional() }),
    answer: submitted,
    status: 202,
  },
});
