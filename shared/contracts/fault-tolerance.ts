import { z } from 'zod';
import { timestamp } from './ids.ts';

/**
 * What follows a failure. The first three are where a failed task was tried again, as its attempts say; the last two hold
 * back a model on some hardware, or a worker, as the scheduler's events say (docs/reliability.md).
 */
export const RECOVERY_STRATEGIES = [
  'same_worker',
  'other_worker',
  'other_pool',
  'circuit_breaker',
  'quarantine',
] as const;
export type RecoveryStrategy = (typeof RECOVERY_STRATEGIES)[number];

/** A strategy after failures of one class. It succeeded where the next attempt completed. */
const strategyUse = z.object({
  strategy: z.enum(RECOVERY_STRATEGIES),
  /** Of the failure before; empty for a quarantine, which several classes may lead to. */
  error_class: z.string(),
  times: z.int(),
  /** Of these: with an attempt afterwards that has ended and was not cancelled. */
  decided: z.int(),
  succeeded: z.int(),
  /** Where it succeeded, from the failure until the end of that attempt, or how long something was held back; null where it never did. */
  median_seconds: z.number().nullable(),
});
export type StrategyUse = z.infer<typeof strategyUse>;

const HOW_QUARANTINES_END = ['health_check', 'user'] as const;

/** A time in which a worker took no tasks for being in quarantine. */
const quarantinePeriod = z.object({
  worker_id: z.string(),
  by: z.enum(['scheduler', 'user']),
  /** For a person. */
  reason: z.string(),
  /** Null where it began before the time that was asked for. */
  started_at: timestamp.nullable(),
  /** Null while it lasts. */
  ended_at: timestamp.nullable(),
  ended_by: z.enum(HOW_QUARANTINES_END).nullable(),
  checks_failed: z.int(),
  /** How the worker's first attempt ended that started afterwards; null where there is none yet. Cancelled ones are left out. */
  next_status: z.string().nullable(),
});
export type QuarantinePeriod = z.infer<typeof quarantinePeriod>;

/** A time in which a model, command or benchmark was held back on a hardware class. */
const circuitPeriod = z.object({
  subject: z.string(),
  hardware: z.string(),
  error_class: z.string(),
  reason: z.string(),
  /** Null where it began before the time that was asked for. */
  opened_at: timestamp.nullable(),
  /** Null while it lasts. */
  closed_at: timestamp.nullable(),
  /** Trials that failed the same way. */
  trials_failed: z.int(),
});
export type CircuitPeriod = z.infer<typeof circuitPeriod>;

/** Failures and what was done about them between two times. Attempts that were cancelled are in none of the counts. */
export const faultToleranceRow = z.object({
  since: timestamp,
  until: timestamp,
  /** Of `failures`. */
  bucket_seconds: z.int(),
  attempts: z.int(),
  failed_attempts: z.int(),
  /** Tasks with a failed attempt, and those of them that completed all the same. */
  failed_tasks: z.int(),
  recovered_tasks: z.int(),
  /** By pool, the one with the most failures first. The pool is empty where none took the task. */
  pools: z.array(z.object({ pool: z.string(), attempts: z.int(), failed: z.int() })),
  /** Failed attempts by time, pool and class; stretches of time without any are left out. */
  failures: z.array(z.object({ at: timestamp, pool: z.string(), error_class: z.string(), attempts: z.int() })),
  strategies: z.array(strategyUse),
  /** Newest first, as `circuits`. */
  quarantines: z.array(quarantinePeriod),
  circuits: z.array(circuitPeriod),
  /** Lists that a limit cut: the counts above are whole all the same. */
  truncated: z.array(z.enum(['pools', 'failures', 'quarantines', 'circuits'])),
});
export type FaultTolerance = z.infer<typeof faultToleranceRow>;
