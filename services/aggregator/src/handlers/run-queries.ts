import type { AskedQuery } from '@benchwire/shared/contracts/query.ts';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import type { Queries } from '../adapters/database.ts';
import { findArchived } from '../tables/run-marks.ts';
import { findFailingRuns, findRun, findRuns, type StoredRun } from '../tables/runs.ts';
import { countTasks } from '../tables/tasks.ts';
import { findVerdicts } from '../tables/verdicts.ts';

/** Outcomes of a run may be written a little after its last event. After this long the run's own counts are taken. */
const SETTLING_MS = 600_000;

/** The newest runs, each with how many of its tasks are in which state. */
export async function newestRuns(database: Queries, parameters: AskedQuery<'runs'>, now: number): Promise<RunRow[]> {
  return await withCounts(database, await findRuns(database, parameters), now);
}

/** Newest runs of their name that ended with failed tasks, with their counts. */
export async function failingRuns(
  database: Queries,
  parameters: AskedQuery<'failing_runs'>,
  now: number,
): Promise<RunRow[]> {
  return await withCounts(database, await findFailingRuns(database, parameters), now);
}

/** One run with its counts, or nothing. */
export async function oneRun(database: Queries, run_id: string, now: number): Promise<RunRow[]> {
  return await withCounts(database, await findRun(database, run_id), now);
}

async function withCounts(database: Queries, stored: readonly StoredRun[], now: number): Promise<RunRow[]> {
  const moving = stored.filter((run) => run.finished_at === null || now - Date.parse(run.finished_at) < SETTLING_MS);
  const counted =
    moving.length === 0
      ? []
      : await countTasks(
          database,
          moving.map((run) => run.run_id),
        );
  const counts = new Map<string, Partial<Record<string, number>>>(moving.map((run) => [run.run_id, {}]));
  for (const { run_id, state, count } of counted) {
    const of_run = counts.get(run_id);
    if (of_run !== undefined) of_run[state] = count;
  }
  const run_ids = stored.map(({ run_id }) => run_id);
  const [verdicts, archived] = await Promise.all([findVerdicts(database, run_ids), findArchived(database, run_ids)]);
  return stored.map((run) => ({
    ...runRow(run, counts.get(run.run_id)),
    verdict: verdicts.get(run.run_id) ?? null,
    archived_at: archived.get(run.run_id) ?? null,
  }));
}

/**
 * A run shows as finished once its tasks' outcomes are stored too, so that anyone who sees it finished finds every result.
 */
function runRow(
  run: StoredRun,
  counts: Partial<Record<string, number>> | undefined,
): Omit<RunRow, 'verdict' | 'archived_at'> {
  const common = {
    run_id: run.run_id,
    name: run.name,
    accepted_at: run.accepted_at,
    source: run.source === '' ? null : (JSON.parse(run.source) as Source),
    tags: run.tags,
    ...(run.sort_value === undefined ? {} : { sort_value: run.sort_value }),
  };
  if (counts === undefined) {
    const { state, finished_at, total, completed, failed, timed_out, cancelled, lost } = run;
    return {
      ...common,
      state,
      finished_at,
      total,
      waiting: 0,
      running: 0,
      completed,
      failed,
      timed_out,
      cancelled,
      lost,
    };
  }
  const { waiting = 0, running = 0, completed = 0, failed = 0, timed_out = 0, cancelled = 0, lost = 0 } = counts;
  const known = waiting + running + completed + failed + timed_out + cancelled + lost;
  const open = run.state === 'finished' && known - waiting - running < run.total;
  return {
    ...common,
    state: open ? 'accepted' : run.state,
    finished_at: open ? null : run.finished_at,
    // Tasks that no row tells of yet.
    total: Math.max(run.total, known),
    waiting: waiting + Math.max(0, run.total - known),
    running,
    completed,
    failed,
    timed_out,
    cancelled,
    lost,
  };
}
