import { readEvent } from '@benchwire/shared/contracts/event.ts';
import { EVENTS } from '@benchwire/shared/contracts/streams.ts';
import type { Database } from '../../adapters/database.ts';
import { type EventRows, eventRows } from '../../decide/event-rows.ts';
import { placeOf } from '../../decide/versions.ts';
import { annotations } from '../../tables/annotations.ts';
import { events } from '../../tables/events.ts';
import { modelCoverage } from '../../tables/model-coverage.ts';
import { requests } from '../../tables/requests.ts';
import { runMarks } from '../../tables/run-marks.ts';
import { runs } from '../../tables/runs.ts';
import { insertRows } from '../../tables/table.ts';
import { findDetails, type TaskRow, tasks } from '../../tables/tasks.ts';
import { verdicts } from '../../tables/verdicts.ts';
import { findOffers, type WorkerRow, workers } from '../../tables/workers.ts';
import type { StreamToTables } from './stream-to-tables.ts';

/** EVENTS -> events, and what they say of runs, tasks and workers. */
export const eventsToTables: StreamToTables<EventRows> = {
  stream: EVENTS,
  rejects_to: 'event',
  read: (message) => {
    const parsed = readEvent(message.data, message.subject);
    if (!parsed.ok) return parsed;
    const decided = eventRows(parsed.value, placeOf(message));
    return decided.ok ? { ok: true, value: decided.rows } : decided;
  },
  write: async (database, batch, deletions) => {
    const deleted = batch.flatMap(({ marks }) =>
      marks.flatMap(({ run_id, state }) => (state === 'deleted' ? String(run_id) : [])),
    );
    // First of all the other streams' writers have to know: see Deletions.
    deletions.add(deleted);
    await writeEvents(database, batch);
    await deletions.remove(deleted);
  },
  // What was done to a deleted run stays on record.
  runOf: ({ event, marks }) => (marks.length > 0 ? undefined : ((event.run_id as string | null) ?? undefined)),
  max_batch: 500,
};

/** Writes what events say. Can be repeated at will. */
export async function writeEvents(database: Database, batch: readonly EventRows[]): Promise<void> {
  await Promise.all([
    insertRows(
      database,
      events,
      batch.map((one) => one.event),
    ),
    insertRows(
      database,
      runs,
      batch.flatMap((one) => one.runs),
    ),
    insertRows(
      database,
      tasks,
      batch.flatMap((one) => one.tasks),
    ),
    insertRows(
      database,
      workers,
      batch.flatMap((one) => one.workers),
    ),
    insertRows(
      database,
      annotations,
      batch.flatMap((one) => one.annotations),
    ),
    insertRows(
      database,
      requests,
      batch.flatMap((one) => one.requests),
    ),
    insertRows(
      database,
      verdicts,
      batch.flatMap((one) => one.verdicts),
    ),
    insertRows(
      database,
      modelCoverage,
      batch.flatMap((one) => one.coverage),
    ),
    insertRows(
      database,
      runMarks,
      batch.flatMap((one) => one.marks),
    ),
  ]);
  // Only now, since what they ask for may have been in this very batch.
  await insertRows(database, tasks, await rowsOfKnownTasks(database, batch));
  await insertRows(database, workers, await rowsOfKnownWorkers(database, batch));
}

const KEYS_PER_QUERY = 500;

/** A row of `tasks` is replaced as a whole, so one that says "running" repeats what the task is. */
async function rowsOfKnownTasks(database: Database, batch: readonly EventRows[]): Promise<TaskRow[]> {
  const asked = batch.flatMap((one) => one.needs_task);
  const rows: TaskRow[] = [];
  for (let at = 0; at < asked.length; at += KEYS_PER_QUERY) {
    const some = asked.slice(at, at + KEYS_PER_QUERY);
    const found = await findDetails(database, some);
    const details = new Map(found.map((row) => [`${row.run_id} ${row.task_id}`, row]));
    for (const { run_id, task_id, rows: make } of some) {
      const known = details.get(`${run_id.toLowerCase()} ${task_id}`);
      rows.push(...make(known ?? { run_id, task_id, executor: '', benchmark: '', model: '' }));
    }
  }
  return rows;
}

async function rowsOfKnownWorkers(database: Database, batch: readonly EventRows[]): Promise<WorkerRow[]> {
  const asked = batch.flatMap((one) => one.needs_worker);
  if (asked.length === 0) return [];
  const found = await findOffers(database, [...new Set(asked.map((one) => one.worker_id))]);
  const offers = new Map(found.map(({ worker_id, ...offer }) => [worker_id, offer]));
  return asked.map((one) => one.row(offers.get(one.worker_id) ?? { hostname: '', pools: [], capabilities: '' }));
}
