import { z } from 'zod';
import { hardwareClass } from './hardware.ts';
import { messageVersion, timestamp, token } from './ids.ts';

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
});
export type PoolStatus = z.infer<typeof poolStatus>;

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
