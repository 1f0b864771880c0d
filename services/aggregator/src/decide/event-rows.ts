import { plausibleTime } from '@benchwire/shared/contracts/clock.ts';
import { type BenchEvent, type EventNameOf, eventData, eventName } from '@benchwire/shared/contracts/event.ts';
import { expand, poolTaskId } from '@benchwire/shared/contracts/expand.ts';
import { modelNameOf } from '@benchwire/shared/contracts/model-artifact.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { executorNameOf, type Task } from '@benchwire/shared/contracts/task.ts';
import type { AnnotationRow } from '../tables/annotations.ts';
import type { EventRow } from '../tables/events.ts';
import type { ModelCoverageRow } from '../tables/model-coverage.ts';
import type { RequestRow } from '../tables/requests.ts';
import type { RunMarkRow } from '../tables/run-marks.ts';
import type { RunRow } from '../tables/runs.ts';
import type { TaskDetails, TaskRow } from '../tables/tasks.ts';
import type { VerdictRow } from '../tables/verdicts.ts';
import type { WorkerRow } from '../tables/workers.ts';
import { firstWins, markVersion, storedAtMs, taskVersion } from './versions.ts';

/** What one event says: rows, and questions that stored rows have to answer first. */
export interface EventRows {
  event: EventRow;
  runs: RunRow[];
  tasks: TaskRow[];
  workers: WorkerRow[];
  annotations: AnnotationRow[];
  requests: RequestRow[];
  verdicts: VerdictRow[];
  coverage: ModelCoverageRow[];
  marks: RunMarkRow[];
  /** Needs the details of this task; `rows` makes the rows of them. */
  needs_task: Array<{ run_id: string; task_id: string; rows: (details: TaskDetails) => TaskRow[] }>;
  /** Needs the last capabilities of this worker. */
  needs_worker: Array<{ worker_id: string; row: (offer: Offer) => WorkerRow }>;
}

/** What a worker offers, as far as it is stored. */
interface Offer {
  hostname: string;
  pools: string[];
  capabilities: string;
}

/**
 * Rows of one event. An event is kept whatever its kind; `data` of a kind that has rows of its own must fit, else its
 * issues come back and the message belongs to REJECTED.
 */
export function eventRows(
  said: BenchEvent,
  order: number,
): { ok: true; rows: EventRows } | { ok: false; issues: Issue[] } {
  const event = { ...said, at: plausibleTime(said.at, storedAtMs(order)) };
  const rows: EventRows = {
    event: eventRow(event, order),
    runs: [],
    tasks: [],
    workers: [],
    annotations: [],
    requests: [],
    verdicts: [],
    coverage: [],
    marks: [],
    needs_task: [],
    needs_worker: [],
  };
  const issues = addRows(event, order, rows);
  return issues.length === 0 ? { ok: true, rows } : { ok: false, issues };
}

function addRows(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const name = eventName(event);
  switch (name) {
    case 'run.accepted':
      return addAccepted(event, order, rows);
    case 'run.bound':
      return addBound(event, order, rows);
    case 'run.cancelling':
      if (event.run_id !== null) rows.runs.push(runRow(event, event.run_id, { state: 'cancelling' }));
      return [];
    case 'run.finished':
      return addFinished(event, rows);
    case 'run.judged':
      return addJudged(event, order, rows);
    case 'run.archived':
      return addMark(event, name, 'archived', order, rows);
    case 'run.restored':
      return addMark(event, name, 'active', order, rows);
    case 'run.deleted':
      return addMark(event, name, 'deleted', order, rows);
    case 'task.running':
      addRunning(event, order, rows);
      return [];
    case 'worker.joined':
    case 'worker.changed':
      return addWorker(event, name, order, 'ready', rows);
    case 'worker.quarantined':
    case 'worker.check_failed':
      return addWorker(event, name, order, 'quarantined', rows);
    case 'worker.paused':
      return addPaused(event, order, rows);
    case 'worker.draining':
    case 'worker.left':
    case 'worker.lost':
      return addWorker(event, name, order, event.kind, rows);
    case 'series.note':
    case 'series.environment_changed':
    case 'series.accepted':
      return addAnnotations(event, name, order, rows);
    case 'model.covered':
      return addCoverage(event, order, rows);
    case 'task.measured':
    case 'task.waiting_for_pool':
    case 'task.deadline_missed':
    case 'task.cancelling':
    case 'worker.released':
    case 'pool.demand':
    case 'service.leader':
    case 'service.health':
    case 'service.stopped':
    case 'service.circuit_opened':
    case 'service.circuit_half_open':
    case 'service.circuit_closed':
    case 'gate.changed':
    case 'setting.changed':
    case 'access.changed':
    case undefined:
      return [];
    default:
      return name satisfies never;
  }
}

function addAnnotations(event: BenchEvent, name: EventNameOf<'series'>, order: number, rows: EventRows): Issue[] {
  const data = eventData(name, event);
  if (!data.ok) return [...data.issues];
  const { series_ids, about_at, text, by, link } = data.value;
  const { event_id, at: made_at, kind } = event;
  const version = firstWins(order);
  for (const series_id of series_ids) {
    rows.annotations.push({ series_id, event_id, about_at, made_at, kind, text, by, link, version });
  }
  return [];
}

function addCoverage(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const data = eventData('model.covered', event);
  if (!data.ok) return [...data.issues];
  const { models, versions, ...run } = data.value;
  for (const { reason, ...model } of models)
    rows.coverage.push({ ...model, ...run, reason: reason ?? '', versions: JSON.stringify(versions), version: order });
  // It is in rows of its own now; in the event it would only fill the disk.
  rows.event = { ...rows.event, data: JSON.stringify({ ...run, versions, models: models.length }) };
  return [];
}

function eventRow(event: BenchEvent, order: number): EventRow {
  return {
    run_id: event.run_id,
    event_id: event.event_id,
    at: event.at,
    entity: event.entity,
    kind: event.kind,
    task_id: event.task_id ?? '',
    attempt: event.attempt,
    worker_id: event.worker_id ?? '',
    pool: event.pool ?? '',
    message: event.message,
    data: event.data === undefined ? '' : JSON.stringify(event.data),
    version: firstWins(order),
  };
}

function runRow(event: BenchEvent, run_id: string, known: Partial<RunRow>): RunRow {
  return {
    run_id,
    name: '',
    state: 'accepted',
    accepted_at: event.at,
    finished_at: null,
    source: '',
    tags: {},
    total: 0,
    completed: 0,
    failed: 0,
    timed_out: 0,
    cancelled: 0,
    lost: 0,
    ...known,
  };
}

function addAccepted(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const { run_id } = event;
  if (run_id === null) return [missingRun];
  const data = eventData('run.accepted', event);
  if (!data.ok) return [...data.issues];
  const expansion = expand(data.value.request);
  if (!expansion.ok) return inData(expansion.issues);
  const { name = '', source, tags } = data.value.request;
  rows.runs.push(
    runRow(event, run_id, {
      name,
      source: source === undefined ? '' : JSON.stringify(source),
      tags,
      total: expansion.tasks.length,
    }),
  );
  for (const task of expansion.tasks) {
    rows.tasks.push(waitingRow(event, { run_id, task_id: task.task_id, ...detailsOf(task) }, task.pool ?? ''));
  }
  rows.requests.push(requestRow(run_id, JSON.stringify(data.value.request), firstWins(order)));
  // The request is in rows of its own now; once more in the event it would only fill the disk.
  rows.event = { ...rows.event, data: JSON.stringify({ task_count: data.value.task_count }) };
  return [];
}

/** Larger ones, tens of thousands of tasks written out, are not kept: an answer could not carry them. */
const MAX_REQUEST_CHARACTERS = 500_000;

function requestRow(run_id: string, text: string, version: number): RequestRow {
  if (text.length <= MAX_REQUEST_CHARACTERS) return { run_id, request: text, reason: '', version };
  const reason = `the request has ${text.length} characters; up to ${MAX_REQUEST_CHARACTERS} are kept`;
  return { run_id, request: '', reason, version };
}

function detailsOf(task: Task): { executor: string; benchmark: string; model: string } {
  return { executor: executorNameOf(task), benchmark: task.benchmark, model: modelNameOf(task) ?? '' };
}

function waitingRow(event: BenchEvent, details: TaskDetails, pool: string): TaskRow {
  return {
    ...details,
    state: 'waiting',
    attempt: 0,
    pool,
    worker_id: '',
    started_at: null,
    finished_at: null,
    execution_time_seconds: null,
    error_class: '',
    error_code: '',
    error_message: '',
    note: '',
    changed_at: event.at,
    // Nothing is weaker than waiting for the first attempt, so its place in the stream does not matter.
    version: taskVersion(0, 'waiting', 0),
    is_deleted: 0,
  };
}

/** The placeholder of an `each` task goes, its copies come; they are the same thing to run. */
function addBound(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const { run_id } = event;
  if (run_id === null) return [missingRun];
  const data = eventData('run.bound', event);
  if (!data.ok) return [...data.issues];
  const { task_id, pools } = data.value;
  rows.needs_task.push({
    run_id,
    task_id,
    rows: (details) => [
      { ...waitingRow(event, details, ''), version: taskVersion(0, 'replaced', order), is_deleted: 1 },
      ...pools.map((pool) => waitingRow(event, { ...details, task_id: poolTaskId(task_id, pool) }, pool)),
    ],
  });
  return [];
}

function addFinished(event: BenchEvent, rows: EventRows): Issue[] {
  if (event.run_id === null) return [missingRun];
  const data = eventData('run.finished', event);
  if (!data.ok) return [...data.issues];
  rows.runs.push(runRow(event, event.run_id, { state: 'finished', finished_at: event.at, ...data.value.counts }));
  return [];
}

function addJudged(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const { run_id, at: judged_at } = event;
  if (run_id === null) return [missingRun];
  const data = eventData('run.judged', event);
  if (!data.ok) return [...data.issues];
  rows.verdicts.push({ run_id, ...data.value, judged_at, version: order });
  return [];
}

function addMark(
  event: BenchEvent,
  name: 'run.archived' | 'run.restored' | 'run.deleted',
  state: 'active' | 'archived' | 'deleted',
  order: number,
  rows: EventRows,
): Issue[] {
  const { run_id, at } = event;
  if (run_id === null) return [missingRun];
  const data = eventData(name, event);
  if (!data.ok) return [...data.issues];
  const { by, reason } = data.value;
  rows.marks.push({ run_id, state, at, by, reason, version: markVersion(state, order) });
  return [];
}

function addRunning(event: BenchEvent, order: number, rows: EventRows): void {
  const { run_id, task_id, attempt } = event;
  if (run_id === null || task_id === null || attempt === null) return;
  rows.needs_task.push({
    run_id,
    task_id,
    rows: (details) => [
      {
        ...waitingRow(event, details, event.pool ?? ''),
        state: 'running',
        attempt,
        worker_id: event.worker_id ?? '',
        started_at: event.at,
        version: taskVersion(attempt, 'running', order),
      },
    ],
  });
}

/** It is there, and takes no tasks for a reason of its own. */
function addPaused(event: BenchEvent, order: number, rows: EventRows): Issue[] {
  const data = eventData('worker.paused', event);
  if (!data.ok) return [...data.issues];
  const { kind, message } = data.value.paused;
  return addWorker(event, 'worker.paused', order, kind === 'quarantined' ? 'quarantined' : 'paused', rows, message);
}

function addWorker(
  event: BenchEvent,
  name: Exclude<EventNameOf<'worker'>, 'worker.released'>,
  order: number,
  state: string,
  rows: EventRows,
  reason = state === 'quarantined' ? event.message : '',
): Issue[] {
  const { worker_id } = event;
  if (worker_id === null) return [];
  const row = (offer: Offer): WorkerRow => ({
    worker_id,
    ...offer,
    state,
    changed_at: event.at,
    version: order,
    reason,
  });
  const data = eventData(name, event);
  if (!data.ok) return [...data.issues];
  const known = data.value?.capabilities;
  if (known === undefined || known === null) {
    rows.needs_worker.push({ worker_id, row });
    return [];
  }
  rows.workers.push(
    row({
      hostname: known.hostname,
      pools: [...new Set(known.devices.map((device) => device.pool))],
      capabilities: JSON.stringify(known),
    }),
  );
  return [];
}

const missingRun: Issue = { path: 'run_id', code: 'missing', message: 'an event of a run must name the run' };

function inData(issues: readonly Issue[]): Issue[] {
  return issues.map((issue) => ({ ...issue, path: issue.path === '(message)' ? 'data' : `data.${issue.path}` }));
}
