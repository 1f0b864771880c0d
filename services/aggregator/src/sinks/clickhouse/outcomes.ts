import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import type { OutcomeClaims } from '@benchwire/shared/contracts/outcome-claims.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { AskedTasks } from '@benchwire/shared/runtime/asked-tasks.ts';
import type { Database } from '../../adapters/database.ts';
import type { EncodedRow } from '../../adapters/encoded-row.ts';
import { OutcomeReader, type ReadOutcome } from '../../decide/outcome-reader.ts';
import { outcomeRows, retraction } from '../../decide/outcome-rows.ts';
import { caseRetraction } from '../../decide/test-case-rows.ts';
import { firstWins, placeOf } from '../../decide/versions.ts';
import { joinWritten, type WrittenVariant } from '../../migrations/series-names.ts';
import { attempts, storedVersions } from '../../tables/attempts.ts';
import { type ResultRow, results, seriesOfAttempt } from '../../tables/results.ts';
import { encodeRow, insertRows } from '../../tables/table.ts';
import { tasks } from '../../tables/tasks.ts';
import { casesOfAttempt, type TestCaseRow, testCases } from '../../tables/test-cases.ts';
import type { StreamToTables } from './stream-to-tables.ts';

/** Long enough for the server's own duplicate check to let a second outcome through. */
const LATE_MS = 60_000;

/**
 * OUTCOMES -> attempts, tasks, results, test_cases.
 * @param measured - gets the series of points that are stored
 */
export function outcomesToTables(measured: (series_ids: Iterable<string>) => void): StreamToTables<OutcomeEntry> {
  const reader = new OutcomeReader();
  let asked: AskedTasks | undefined;
  return {
    stream: OUTCOMES,
    rejects_to: 'outcome',
    read: (message) => {
      const read = reader.read(message.data, message.subject);
      return read.ok ? { ok: true, value: toEntry(read.value, message, Date.now()) } : read;
    },
    check: (batch, manager) => {
      asked ??= new AskedTasks(manager);
      return asked.issuesOf(batch.map(({ about }) => about));
    },
    write: async (database, entries) => {
      await writeOutcomes(database, entries);
      measured(entries.flatMap(({ rows }) => rows.results.map(({ series_id }) => String(series_id))));
    },
    runOf: ({ about }) => about.run_id,
    // Each insert costs as much as a thousand rows: under load, wait for a fuller batch.
    max_batch: 5000,
    max_wait_ms: 1000,
  };
}

/** What stays of an outcome until its batch is written: its rows, and by what they are compared with others. */
export interface OutcomeEntry {
  about: OutcomeClaims & Pick<Outcome, 'finished_at'>;
  order: number;
  /** Where another way to write the same settings has a history. */
  written: WrittenVariant | undefined;
  rows: { attempt: EncodedRow; task: EncodedRow; results: ResultRow[]; test_cases: TestCaseRow[] };
  /** Another outcome of the same attempt may be stored. */
  suspect: boolean;
}

/** @param message - its place in the stream */
export function toEntry(
  { outcome, environment_json }: ReadOutcome,
  message: { time: Date; seq: number; redelivered: boolean },
  now_ms: number,
): OutcomeEntry {
  const order = placeOf(message);
  const { attempt, task, results: points, test_cases } = outcomeRows(outcome, order, environment_json);
  const { run_id, task_id, attempt: number, status, pool, benchmark, executor, model, scenario } = outcome;
  const { simulation_status, finished_at, worker_id } = outcome;
  const claims = { run_id, task_id, attempt: number, status, pool, worker_id, benchmark, executor, model, scenario };
  return {
    about: { ...claims, simulation_status, finished_at },
    order,
    written: outcome.variant_as_written === undefined ? undefined : writtenOf(outcome),
    rows: { attempt: encodeRow(attempts, attempt), task: encodeRow(tasks, task), results: points, test_cases },
    // A second outcome gets past the server's duplicate check only minutes after the first. The one that is late finds
    // the first one stored; the first one can come after it only when it is late itself. So a fresh outcome without
    // points, which is most of them, needs no look into the database.
    suspect:
      message.redelivered || points.length > 0 || test_cases.length > 0 || now_ms - message.time.getTime() > LATE_MS,
  };
}

/** Writes outcomes so that of each attempt only the first one's results remain. Can be repeated at will. */
export async function writeOutcomes(database: Database, entries: readonly OutcomeEntry[]): Promise<void> {
  const firsts = firstOfEach(entries);
  const { valid, retractions, case_retractions } = await againstStored(database, firsts);
  await Promise.all([
    insertRows(
      database,
      attempts,
      valid.map((entry) => entry.rows.attempt),
    ),
    insertRows(
      database,
      tasks,
      valid.map((entry) => entry.rows.task),
    ),
    insertRows(database, results, [...valid.flatMap((entry) => entry.rows.results), ...retractions]),
    insertRows(database, testCases, [...valid.flatMap((entry) => entry.rows.test_cases), ...case_retractions]),
  ]);
  const written = valid.flatMap((entry) => entry.written ?? []);
  const distinct = new Map(written.map((each) => [JSON.stringify(each), each]));
  for (const each of distinct.values()) await joinWritten(database, each);
}

function writtenOf(outcome: Outcome): WrittenVariant {
  const { benchmark, model, executor, precision, scenario, fingerprint, variant, variant_as_written } = outcome;
  return { benchmark, model, executor, precision, scenario, fingerprint, variant, variant_as_written };
}

function firstOfEach(entries: readonly OutcomeEntry[]): OutcomeEntry[] {
  const firsts = new Map<string, OutcomeEntry>();
  for (const entry of entries) {
    const key = keyOf(entry.about);
    const other = firsts.get(key);
    if (other === undefined || entry.order < other.order) firsts.set(key, entry);
  }
  return [...firsts.values()];
}

/** ClickHouse writes UUIDs in lower case. */
function keyOf(key: { run_id: string; task_id: string; attempt: number }): string {
  return attemptId({ ...key, run_id: key.run_id.toLowerCase() });
}

/** Leaves out those that come second, and takes back the points of those that came second and are stored already. */
async function againstStored(
  database: Database,
  entries: readonly OutcomeEntry[],
): Promise<{ valid: readonly OutcomeEntry[]; retractions: ResultRow[]; case_retractions: TestCaseRow[] }> {
  const suspects = entries.filter((entry) => entry.suspect).map((entry) => entry.about);
  if (suspects.length === 0) return { valid: entries, retractions: [], case_retractions: [] };
  const stored = new Map((await storedVersions(database, suspects)).map((row) => [keyOf(row), row.version]));
  const valid: OutcomeEntry[] = [];
  const retractions: ResultRow[] = [];
  const case_retractions: TestCaseRow[] = [];
  for (const entry of entries) {
    const version = stored.get(keyOf(entry.about));
    const own = firstWins(entry.order);
    if (version !== undefined && version > own) continue;
    valid.push(entry);
    if (version === undefined || version === own) continue;
    const kept = new Set(entry.rows.results.map((row) => row.series_id));
    for (const { series_id } of await seriesOfAttempt(database, entry.about)) {
      if (!kept.has(series_id)) retractions.push(retraction(entry.about, series_id, entry.order));
    }
    const kept_cases = new Set(entry.rows.test_cases.map((row) => row.case_id));
    for (const { case_id } of await casesOfAttempt(database, entry.about)) {
      if (!kept_cases.has(case_id)) case_retractions.push(caseRetraction(entry.about, case_id, entry.order));
    }
  }
  return { valid, retractions, case_retractions };
}
