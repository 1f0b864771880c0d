import type { Client } from '@benchwire/shared/client/client.ts';
import { requestOfRun, type StoredRequest } from '@benchwire/shared/client/stored-request.ts';
import type { TaskNow } from '@benchwire/shared/contracts/api/runs.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import type { TaskRow } from '@benchwire/shared/contracts/rows.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { aloneAgain, taskOfRun } from '@benchwire/shared/contracts/task-of-run.ts';
import { HttpProblem, notFound } from '../problem.ts';

/** Expanded tasks that are kept, of all runs together. */
const MAX_KEPT_TASKS = 50_000;

/**
 * What runs and their tasks were asked to do. A run's request never changes, so it is read and expanded once; the runs asked
 * for last are kept.
 */
export class WrittenTasks {
  readonly #client: Client;
  readonly #runs = new Map<string, ReadonlyMap<string, Task>>();
  #kept = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** A row with what was written of it. */
  async describe(row: TaskRow): Promise<TaskNow> {
    return withWritten(row, await this.#tasksOf(row.run_id));
  }

  /** Rows of one run with what was written of each. */
  async describeAll(run_id: string, rows: readonly TaskRow[]): Promise<TaskNow[]> {
    const written = rows.length === 0 ? new Map<string, Task>() : await this.#tasksOf(run_id);
    return rows.map((row) => withWritten(row, written));
  }

  /** The request that a run was started with, without its idempotency key. @throws HttpProblem 404, or 409 with why it was not kept */
  async requestToRepeat(run_id: string): Promise<StoredRequest> {
    const found = await requestOfRun(this.#client.nats, run_id);
    if (found.ok) return found.request;
    if (found.unknown) throw notFound(`stored request of run ${run_id}`);
    throw new HttpProblem(409, 'REQUEST_NOT_KEPT', found.reason, found.issues);
  }

  /** The request that runs one task of a run again, alone. @throws HttpProblem as `requestToRepeat`, and 404 where it has no such task */
  async requestToRetry(row: TaskRow): Promise<StoredRequest> {
    const { matrix: _, matrix_exclude: __, files: ___, ...request } = await this.requestToRepeat(row.run_id);
    const found = taskOfRun(await this.#tasksOf(row.run_id), row);
    if (found === undefined) throw notFound(`task ${row.task_id} in the stored request`);
    const { task, files } = aloneAgain(found.task, found.copy_for);
    return { ...request, files, tasks: [task] };
  }

  /** What each of a run's attempts was asked to do. */
  async tasksOfRun(run_id: string): Promise<(row: { task_id: string; pool: string | null }) => Task | undefined> {
    const written = await this.#tasksOf(run_id);
    return (row) => taskOfRun(written, row)?.task;
  }

  async #tasksOf(run_id: string): Promise<ReadonlyMap<string, Task>> {
    const known = this.#runs.get(run_id);
    if (known !== undefined) {
      this.#runs.delete(run_id);
      this.#runs.set(run_id, known);
      return known;
    }
    const [row] = (await this.#client.query('request', { run_id })).rows;
    const parsed = requestSchema.safeParse(
      row === undefined || row.request === '' ? undefined : JSON.parse(row.request),
    );
    const expansion = parsed.success ? expand(parsed.data) : undefined;
    const tasks = new Map(expansion?.ok === true ? expansion.tasks.map((task) => [task.task_id, task]) : []);
    // A run that has just been accepted may have no request stored yet.
    if (row === undefined) return tasks;
    this.#runs.set(run_id, tasks);
    this.#kept += tasks.size;
    for (const [id, oldest] of this.#runs) {
      if (this.#kept <= MAX_KEPT_TASKS || id === run_id) break;
      this.#runs.delete(id);
      this.#kept -= oldest.size;
    }
    return tasks;
  }
}

function withWritten({ sort_value: _, ...row }: TaskRow, written: ReadonlyMap<string, Task>): TaskNow {
  const task = taskOfRun(written, row)?.task;
  const { type = null, priority = null, config = null, requirements = null } = task ?? {};
  const { depends_on = null, timeout_seconds = null } = task ?? {};
  return { ...row, type, priority, config, requirements, depends_on, timeout_seconds };
}
