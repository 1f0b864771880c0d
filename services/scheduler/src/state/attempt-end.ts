import type { Outcome, OutcomeStatus, TaskError } from '@benchwire/shared/contracts/outcome.ts';

/** How the scheduler itself ends an attempt. */
export interface Verdict {
  status: Exclude<OutcomeStatus, 'completed'>;
  error: TaskError;
  /** Who had it, for a lost attempt. */
  worker_id?: string;
  pool?: string;
}

/** How a task ends whose results came with its request: the scheduler reports them, since no worker runs it. */
export interface ImportedEnd {
  status: 'completed';
  error: null;
  worker_id?: never;
  pool?: never;
}

/** What the scheduler reads of an outcome. */
export type OutcomeFacts = Pick<
  Outcome,
  'run_id' | 'task_id' | 'attempt' | 'max_attempts' | 'status' | 'error' | 'worker_id' | 'pool' | 'finished_at'
> & { results?: Pick<Outcome['results'], 'artifact'> };
