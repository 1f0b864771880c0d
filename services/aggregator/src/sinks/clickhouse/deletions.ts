import type { Database } from '../../adapters/database.ts';
import { attempts } from '../../tables/attempts.ts';
import { events } from '../../tables/events.ts';
import { requests } from '../../tables/requests.ts';
import { results } from '../../tables/results.ts';
import { findDeleted } from '../../tables/run-marks.ts';
import { runs } from '../../tables/runs.ts';
import { samples } from '../../tables/samples.ts';
import { tasks } from '../../tables/tasks.ts';
import { testCases } from '../../tables/test-cases.ts';
import { verdicts } from '../../tables/verdicts.ts';

/** Tables with rows of runs; `runs` last, so that a reader that no longer sees the run sees nothing else of it. */
const TABLES_OF_RUNS = [attempts, tasks, results, samples, testCases, requests, verdicts, events, runs];
/** Events that stay: who did what to the run. */
const KEPT_EVENTS = "(entity = 'run' AND kind IN ('archived', 'restored', 'deleted'))";
/** Ids in one statement. */
const RUNS_PER_DELETE = 200;
const MAX_TOMBSTONES = 100_000;

/**
 * The runs that were deleted, for the consumers that write rows: what is delivered again, or comes late, is left out. The streams
 * go on holding a deleted run's messages until their own retention.
 *
 * No row outlives its run, no matter who writes at the same moment: the tombstone is stored before rows are removed, and a writer that has
 * written rows looks for tombstones afterwards (`afterWrite`). So either the remover sees the rows, or the writer the tombstone.
 */
export class Deletions {
  readonly #database: Database;
  readonly #removed: (series_ids: Iterable<string>) => void;
  readonly #deleted = new Set<string>();
  #loading: Promise<void> | undefined;

  /** @param removed - gets the series that lost points */
  constructor(database: Database, removed: (series_ids: Iterable<string>) => void = () => undefined) {
    this.#database = database;
    this.#removed = removed;
  }

  /** Reads the tombstones, once. */
  async load(): Promise<void> {
    this.#loading ??= findDeleted(this.#database, { limit: MAX_TOMBSTONES }).then(
      (rows) => this.add(rows.map(({ run_id }) => run_id)),
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    await this.#loading;
  }

  /** From now on rows of these runs are left out. */
  add(run_ids: Iterable<string>): void {
    for (const run_id of run_ids) this.#deleted.add(run_id.toLowerCase());
  }

  has(run_id: string | undefined): boolean {
    return run_id !== undefined && this.#deleted.has(run_id.toLowerCase());
  }

  /** Removes what was written of runs that were deleted meanwhile. */
  async afterWrite(run_ids: Iterable<string | undefined>): Promise<void> {
    const written = [...new Set(run_ids)].filter((run_id) => run_id !== undefined);
    if (written.length === 0) return;
    if (this.#database.is_shared) {
      for (let at = 0; at < written.length; at += RUNS_PER_DELETE) {
        const some = written.slice(at, at + RUNS_PER_DELETE);
        const rows = await findDeleted(this.#database, { run_ids: some, limit: some.length });
        this.add(rows.map(({ run_id }) => run_id));
      }
    }
    await this.remove(written.filter((run_id) => this.has(run_id)));
  }

  /** Removes every row of these runs, but for the events that say what was done to them. Can be repeated at will. */
  async remove(run_ids: readonly string[]): Promise<void> {
    for (let at = 0; at < run_ids.length; at += RUNS_PER_DELETE) {
      const some = run_ids.slice(at, at + RUNS_PER_DELETE);
      const measured = await this.#database.query<{ series_id: string }>(
        'SELECT DISTINCT series_id FROM results WHERE run_id IN ({some:Array(UUID)})',
        { some },
      );
      // Run ids are UUIDs: the contract of the event has checked it.
      const list = some.map((run_id) => `'${run_id}'`).join(', ');
      for (const { name } of TABLES_OF_RUNS) {
        const but = name === events.name ? ` AND NOT ${KEPT_EVENTS}` : '';
        await this.#database.command(`DELETE FROM ${name} WHERE run_id IN (${list})${but}`);
      }
      this.#removed(measured.map(({ series_id }) => series_id));
    }
  }
}
