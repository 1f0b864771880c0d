import { attemptId } from '@benchwire/shared/contracts/ids.ts';
import { type Outcome, outcome } from '@benchwire/shared/contracts/outcome.ts';
import { subjectIssues } from '@benchwire/shared/contracts/outcome-claims.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { AskedTasks } from '@benchwire/shared/runtime/asked-tasks.ts';
import { consume, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import { type Parsed, parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { Database } from '../../adapters/clickhouse.ts';
import { type OutcomeRows, outcomeRows, retraction } from '../../decide/outcome-rows.ts';
import { firstWins, MAX_ATTEMPT, streamOrder } from '../../decide/versions.ts';
import { attempts, storedVersions } from '../../tables/attempts.ts';
import { type ResultRow, results, seriesOfAttempt } from '../../tables/results.ts';
import { insertRows } from '../../tables/table.ts';
import { tasks } from '../../tables/tasks.ts';
import { ACK_WAIT_MS } from '../write-batch.ts';
import type { ClickHouseContext } from './context.ts';
import { writeMessages } from './write.ts';

/** Long enough for the server's own duplicate check to let a second outcome through. */
const LATE_MS = 60_000;

/** OUTCOMES -> attempts, tasks, results. */
export function consumeOutcomes(context: ClickHouseContext): Promise<Running> {
  const { database, manager, jetstream, log, signal, counters } = context;
  const asked = new AskedTasks(manager);
  return consume(manager, jetstream, log, {
    stream: OUTCOMES.name,
    durable: 'aggregator',
    where: 'outcome',
    parse: (message) => parseOutcome(message.data, message.subject),
    check: (batch) => asked.issuesOf(batch.map(({ value }) => value)),
    handle: (batch) => {
      const entries = batch.map((received) => toEntry(received, Date.now()));
      return writeMessages(entries, (some) => writeOutcomes(database, some), { log, signal });
    },
    // Each insert costs as much as a thousand rows: under load, wait for a fuller batch.
    max_batch: 5000,
    max_wait_ms: 1000,
    ack_wait_ms: ACK_WAIT_MS,
    counters: counters(OUTCOMES.name),
  });
}

function parseOutcome(data: Uint8Array, subject: string): Parsed<Outcome> {
  const parsed = parseJson(outcome, data);
  const elsewhere = parsed.ok ? subjectIssues(parsed.value, subject) : [];
  if (elsewhere.length > 0) return { ok: false, issues: elsewhere };
  if (!parsed.ok || parsed.value.attempt <= MAX_ATTEMPT) return parsed;
  return {
    ok: false,
    issues: [
      { path: 'attempt', code: 'too_big', message: `must be at most ${MAX_ATTEMPT}, got ${parsed.value.attempt}` },
    ],
  };
}

/** An outcome with the rows that it stands for. */
export interface OutcomeEntry {
  outcome: Outcome;
  order: number;
  rows: OutcomeRows;
  /** Another outcome of the same attempt may be stored. */
  suspect: boolean;
}

export function toEntry(received: Received<Outcome>, now_ms: number): OutcomeEntry {
  const order = streamOrder(received);
  const rows = outcomeRows(received.value, order);
  // A second outcome gets past the server's duplicate check only minutes after the first. The one that is late finds
  // the first one stored; the first one can come after it only when it is late itself. So a fresh outcome without
  // points, which is most of them, needs no look into the database.
  const suspect = received.redelivered || rows.results.length > 0 || now_ms - received.stored_at.getTime() > LATE_MS;
  return { outcome: received.value, order, rows, suspect };
}

/** Writes outcomes so that of each attempt only the first one's results remain. Can be repeated at will. */
export async function writeOutcomes(database: Database, entries: readonly OutcomeEntry[]): Promise<void> {
  const firsts = firstOfEach(entries);
  const { valid, retractions } = await againstStored(database, firsts);
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
  ]);
}

function firstOfEach(entries: readonly OutcomeEntry[]): OutcomeEntry[] {
  const firsts = new Map<string, OutcomeEntry>();
  for (const entry of entries) {
    const key = keyOf(entry.outcome);
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
): Promise<{ valid: readonly OutcomeEntry[]; retractions: ResultRow[] }> {
  const suspects = entries.filter((entry) => entry.suspect).map((entry) => entry.outcome);
  if (suspects.length === 0) return { valid: entries, retractions: [] };
  const stored = new Map((await storedVersions(database, suspects)).map((row) => [keyOf(row), row.version]));
  const valid: OutcomeEntry[] = [];
  const retractions: ResultRow[] = [];
  for (const entry of entries) {
    const version = stored.get(keyOf(entry.outcome));
    const own = firstWins(entry.order);
    if (version !== undefined && version > own) continue;
    valid.push(entry);
    if (version === undefined || version === own) continue;
    const kept = new Set(entry.rows.results.map((row) => row.series_id));
    for (const { series_id } of await seriesOfAttempt(database, entry.outcome)) {
      if (!kept.has(series_id)) retractions.push(retraction(entry.outcome, series_id, entry.order));
    }
  }
  return { valid, retractions };
}
