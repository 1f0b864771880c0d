import { z } from 'zod';
import { hardwareClass } from './hardware.ts';
import { messageVersion, timestamp, token } from './ids.ts';
import { requirements } from './task.ts';

/**
 * Plain NATS, not stored: the scheduler's leader says once a second how things stand. For live views only; nobody's
 * state depends on it.
 */
export const SCHEDULER_STATUS_SUBJECT = 'bw.scheduler.status';

export const poolStatus = z.object({
  pool: token,
  class: hardwareClass,
  workers: z.int().min(0),
  /** Attempts that may run at once, over all devices of the pool. */
  slots: z.int().min(0),
  /** Attempts in the pool's queue, running ones included. */
  emitted: z.int().min(0),
  /** Tasks that are ready and still with the scheduler, and that this pool could take; a task may count in several. */
  waiting: z.int().min(0),
  /** Attempts in execution, as the heartbeats say; with those of workers that take no more. Since 0.2. */
  running: z.int().min(0).optional(),
  /** For how long the oldest of the waiting tasks has been ready; 0 when none waits. Since 0.2. */
  oldest_wait_seconds: z.number().min(0).optional(),
  /**
   * Expected run times of all that is waiting or emitted, added up, as if it all ran here one after the other. Of tasks
   * whose run time nothing is known about nothing is in it: those are `unknown_work_tasks`. Since 0.2.
   */
  expected_work_seconds: z.number().min(0).optional(),
  unknown_work_tasks: z.int().min(0).optional(),
});
export type PoolStatus = z.infer<typeof poolStatus>;

/** The same from a scheduler that is known to be at least 0.2. */
export const poolDemand = poolStatus.required();
export type PoolDemand = z.infer<typeof poolDemand>;

/** What tasks need that no pool can serve: an autoscaler that starts the first worker of a kind looks here. */
export const unservedNeed = z.object({
  executor: z.string(),
  /** The program that a `command` task starts, which a worker has to allow. */
  program: z.string().nullable(),
  requirements,
  /** Set where only this pool will do, whose workers are gone. */
  pool: token.nullable(),
  tasks: z.int().min(1),
  oldest_wait_seconds: z.number().min(0),
});
export type UnservedNeed = z.infer<typeof unservedNeed>;

export const schedulerStatus = z.object({
  v: messageVersion,
  at: timestamp,
  /** The leader's instance id, as in its lease. */
  leader: z.string(),
  open_runs: z.int().min(0),
  /** Tasks of open runs that are ready and not emitted. */
  waiting: z.int().min(0),
  /** Of these, tasks that no pool there is can serve. */
  unplaceable: z.int().min(0),
  pools: z.array(poolStatus),
  /** What the unplaceable tasks need, most tasks first, at most 100 kinds of need. Since 0.2. */
  unserved: z.array(unservedNeed).optional(),
  /** What is held back on which hardware, with why. Since 0.2. */
  circuits: z
    .array(
      z.object({
        subject: z.string(),
        hardware: z.string(),
        state: z.enum(['open', 'half_open']),
        message: z.string(),
      }),
    )
    .optional(),
});
export type SchedulerStatus = z.infer<typeof schedulerStatus>;
