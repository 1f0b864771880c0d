import { expand } from '../contracts/expand.ts';
import { request as requestSchema } from '../contracts/request.ts';
import type { OutcomeRow } from '../contracts/rows.ts';
import type { Task } from '../contracts/task.ts';
import { taskOfRun } from '../contracts/task-of-run.ts';
import { isRecord } from '../runtime/is-record.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { type ChangedFiles, changedFiles } from './changed-files.ts';
import type { StoredRequest } from './stored-request.ts';

/** Which files a repetition may measure, where those on the workers are not those of the run. */
export const REPEAT_FILES = ['as_they_are'] as const;
export type RepeatFiles = (typeof REPEAT_FILES)[number];

/** What is said where the files differ, before the tasks whose files these are. */
export const FILES_DIFFER =
  'The files on the workers are not those that this run measured. Restore them (git checkout, or a `prepare` in the request) and repeat';

export interface RepeatOptions {
  run_id: string;
  /** Of the run, as it is stored. */
  request: StoredRequest;
  /** What each attempt was asked to do; read from the request without it. */
  taskOf?: (row: OutcomeRow) => Task | undefined;
  files: RepeatFiles | undefined;
}

/**
 * The request that repeats a run, or the tasks that would measure other files than the run did. With `as_they_are` the request's source
 * names the commit of the files that are there.
 */
export async function requestToRepeat(
  nats: NatsConnection,
  { run_id, request, taskOf = tasksIn(request), files }: RepeatOptions,
): Promise<{ ok: true; request: StoredRequest } | { ok: false; changed: ChangedFiles[] }> {
  const changed = await changedFiles(nats, run_id, taskOf);
  if (changed.length > 0 && files !== 'as_they_are') return { ok: false, changed };
  const again = changed.length > 0 ? ofFilesNow(request, changed) : request;
  return { ok: true, request: { ...again, tags: { ...again.tags, repeat_of: run_id } } };
}

function tasksIn(request: StoredRequest): (row: OutcomeRow) => Task | undefined {
  const parsed = requestSchema.safeParse(request);
  const expansion = parsed.success ? expand(parsed.data) : undefined;
  const tasks = new Map(expansion?.ok === true ? expansion.tasks.map((task) => [task.task_id, task]) : []);
  return (row) => taskOfRun(tasks, row)?.task;
}

/**
 * A request for the files as they are: its source names the commit that the workers have now, where all have the same and nothing is
 * uncommitted, and else none, for the run is not of the old one. Pure.
 */
function ofFilesNow(request: StoredRequest, changed: readonly ChangedFiles[]): StoredRequest {
  if (!isRecord(request.source)) return request;
  const { commit: _, parents: __, position: ___, ...source } = request.source;
  const commits = new Set(changed.map(({ now }) => (now.git_changes === 'none' ? (now.git_commit ?? null) : null)));
  const [commit] = commits.size === 1 ? commits : [];
  return { ...request, source: typeof commit === 'string' ? { ...source, commit } : source };
}
