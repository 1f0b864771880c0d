import type { Environment } from '../contracts/hardware.ts';
import { measuredFiles } from '../contracts/provenance.ts';
import type { Issue } from '../contracts/request.ts';
import type { OutcomeRow } from '../contracts/rows.ts';
import type { Task } from '../contracts/task.ts';
import { workerCommandReply, workerCommandSubject } from '../contracts/worker.ts';
import { BenchwireError } from '../runtime/errors.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { query } from './query.ts';

/** Tasks whose files are looked at, at most. */
const MAX_TASKS = 100;
const AT_ONCE = 8;
/** A worker that is there answers at once. */
const PATIENCE_MS = 3000;

/** A task that would measure other files than it did. */
export interface ChangedFiles {
  task_id: string;
  worker_id: string;
  measured: Environment;
  now: Environment;
}

/**
 * The tasks of a run that would measure other files now than they did: each worker that ran one looks at what is on its disk. A task with
 * `prepare` restores its files, and one whose worker is gone can't be compared: neither is named.
 */
export async function changedFiles(
  nats: NatsConnection,
  run_id: string,
  taskOf: (row: OutcomeRow) => Task | undefined,
): Promise<ChangedFiles[]> {
  const { rows } = await query(nats, 'outcomes', { run_id, limit: MAX_TASKS });
  const newest = new Map(rows.map((row) => [row.task_id, row]));
  const waiting = [...newest.values()];
  const changed: ChangedFiles[] = [];
  const look = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const task = taskOf(row);
      if (task?.executor !== 'command' || task.config.prepare !== undefined) continue;
      const before = measuredFiles(row.environment);
      if (before === null || row.worker_id === null) continue;
      const now = await inspect(nats, row.worker_id, task.config);
      const after = now === undefined ? null : measuredFiles(now);
      if (now === undefined || after === null || after === before) continue;
      changed.push({ task_id: row.task_id, worker_id: row.worker_id, measured: row.environment, now });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return changed.sort((a, b) => (a.task_id < b.task_id ? -1 : 1));
}

/** @returns undefined where the worker does not answer, or is too old to look */
async function inspect(nats: NatsConnection, worker_id: string, config: unknown): Promise<Environment | undefined> {
  try {
    const reply = await ask(nats, workerCommandSubject(worker_id), { command: 'inspect', config }, workerCommandReply, {
      ...{ service: `worker ${worker_id}`, timeout_ms: PATIENCE_MS, patience_ms: 0, reads_only: true },
    });
    return reply.environment;
  } catch (error) {
    if (error instanceof BenchwireError) return undefined;
    throw error;
  }
}

/** What differs, for a person. */
export function changedFilesIssue({ task_id, worker_id, measured, now }: ChangedFiles): Issue {
  const commitOf = ({ git_commit, git_changes }: Environment): string =>
    typeof git_commit !== 'string'
      ? 'no commit'
      : `commit ${git_commit.slice(0, 12)}${git_changes === 'uncommitted changes' ? ' with uncommitted changes' : ''}`;
  const [was, is] = [commitOf(measured), commitOf(now)];
  const files = typeof now.argument_files === 'string' ? now.argument_files : String(now.program_file ?? 'the program');
  const what = was === is ? `another content of ${files}` : `${is}`;
  const message = `task ${task_id} measured ${was}, and on worker ${worker_id} there is ${what} now`;
  return { path: `tasks.${task_id}`, code: 'files_differ', message };
}
