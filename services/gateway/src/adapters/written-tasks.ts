import type { Client } from '@benchwire/shared/client/client.ts';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { request as requestSchema } from '@benchwire/shared/contracts/request.ts';
import { type TaskRow, taskRow } from '@benchwire/shared/contracts/rows.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { z } from 'zod';

/** A task as HTTP shows it: its state, and what was asked for. The latter is null where the run's request was not kept. */
export const taskNow = taskRow.extend({
  type: z.enum(['benchmark', 'test']).nullable(),
  priority: z.int().nullable(),
  config: z.record(z.string(), z.unknown()).nullable(),
  requirements: z.record(z.string(), z.unknown()).nullable(),
  depends_on: z.array(z.string()).nullable(),
  timeout_seconds: z.number().nullable(),
});
export type TaskNow = z.infer<typeof taskNow>;

/** Expanded tasks that are kept, of all runs together. */
const MAX_KEPT_TASKS = 50_000;

/**
 * What the tasks of runs were asked to do. A run's request never changes, so it is read and expanded once; the runs asked
 * for last are kept.
 */
export class WrittenTasks {
  readonly #client: Client;
  readonly #runs = new Map<string, ReadonlyMap<string, Task>>();
  #kept = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Rows of one run with what was written of each. */
  async describe(run_id: string, rows: readonly TaskRow[]): Promise<TaskNow[]> {
    const written = rows.length === 0 ? new Map<string, Task>() : await this.#tasksOf(run_id);
    return rows.map((row) => {
      const task = written.get(row.task_id) ?? written.get(withoutPool(row));
      const { type = null, priority = null, config = null, requirements = null } = task ?? {};
      const { depends_on = null, timeout_seconds = null } = task ?? {};
      return { ...row, type, priority, config, requirements, depends_on, timeout_seconds };
    });
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

/** A copy for one pool has the id of its task and the pool behind it. */
function withoutPool({ task_id, pool }: TaskRow): string {
  const suffix = `--${pool}`;
  return pool !== '' && task_id.endsWith(suffix) ? task_id.slice(0, -suffix.length) : task_id;
}
