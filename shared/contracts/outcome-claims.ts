import { posix } from 'node:path';
import { isModelFile, isModelUrl } from '../catalogue/model-reference.ts';
import { IMPORTED } from './imported.ts';
import { modelNameOf } from './model-artifact.ts';
import { MIN_RETRIES_WHEN_LOST, type Outcome, outcomeSubject } from './outcome.ts';
import type { Issue } from './request.ts';
import { executorNameOf, type Task } from './task.ts';

/** What an outcome says about its task: with the fingerprint and the rest it decides in which series its results are. */
export type OutcomeClaims = Pick<
  Outcome,
  | 'run_id'
  | 'task_id'
  | 'attempt'
  | 'status'
  | 'pool'
  | 'worker_id'
  | 'benchmark'
  | 'executor'
  | 'model'
  | 'scenario'
  | 'simulation_status'
>;

/** As much of a task as its outcomes can be compared with. */
export type AskedTask = Pick<Task, 'benchmark' | 'executor' | 'config' | 'retry_policy' | 'made_of'> & {
  plugin?: string;
  /** Of a copy of an `each` task: the pool that it is for. */
  pool: string | null;
};

/**
 * A worker names the file of a model by its path from the model folder: an end of the path that was asked for, after whole
 * names of folders.
 */
function isFileOf(asked: string | null, said: string | null): boolean {
  if (asked === null || said === null || said === '' || !isModelFile(asked) || isModelUrl(asked)) return false;
  const [whole, end] = [posix.normalize(asked), posix.normalize(said)];
  return whole === end || (posix.isAbsolute(whole) && !posix.isAbsolute(end) && whole.endsWith(`/${end}`));
}

/** An outcome that stands under another run or task than it is about is not taken for either. */
export function subjectIssues(outcome: Pick<Outcome, 'run_id' | 'task_id'>, subject: string): Issue[] {
  const right = outcomeSubject(outcome);
  if (subject === right) return [];
  const message = `it is about ${right}, but was published on ${subject}`;
  return [{ path: 'task_id', code: 'subject_mismatch', message }];
}

/**
 * Where an outcome does not agree with what was asked: then it is not of this task, no matter who sent it. What it leaves open
 * (null, or an empty text) is no disagreement.
 */
export function claimIssues(asked: AskedTask, outcome: OutcomeClaims): Issue[] {
  const { config, retry_policy } = asked;
  const issues: Issue[] = [];
  const compare = (path: string, wanted: string | null, said: string | null): void => {
    if (said === null || said === '' || said === wanted) return;
    const message = `the task asks for ${wanted === null ? 'none' : `"${wanted}"`}, the outcome says "${said}"`;
    issues.push({ path, code: 'not_what_was_asked', message });
  };
  compare('executor', executorNameOf(asked), outcome.executor);
  compare('benchmark', asked.benchmark, outcome.benchmark);
  const model = modelNameOf(asked);
  if (!isFileOf(model, outcome.model)) compare('model', model, outcome.model);
  compare('scenario', 'scenario' in config ? config.scenario : null, outcome.scenario);
  if (asked.pool !== null) compare('pool', asked.pool, outcome.pool);
  const max_attempt = Math.max(retry_policy.max_retries, MIN_RETRIES_WHEN_LOST) + 1;
  if (outcome.attempt > max_attempt) {
    const message = `the task has at most ${max_attempt} attempts, the outcome is of attempt ${outcome.attempt}`;
    issues.push({ path: 'attempt', code: 'not_what_was_asked', message });
  }
  if (asked.executor === IMPORTED && outcome.worker_id !== null) {
    const message = `no worker runs an imported task, and the outcome is from ${outcome.worker_id}`;
    issues.push({ path: 'worker_id', code: 'not_what_was_asked', message });
  }
  // An attempt that never got as far has nothing to say about it.
  if (asked.executor === 'noop' && outcome.status === 'completed' && !outcome.simulation_status.is_simulated) {
    const message = 'the noop executor measures nothing real, and the outcome does not say so';
    issues.push({ path: 'simulation_status.is_simulated', code: 'not_what_was_asked', message });
  }
  return issues;
}
