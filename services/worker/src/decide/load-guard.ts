import type { PauseOfWorker } from '@benchwire/shared/contracts/worker.ts';

/** Null where there is no limit. */
export interface LoadLimits {
  max_temperature_celsius: number | null;
  max_foreign_load_percent: number | null;
  /** A worker that is kept from work for so long works in spite of it. */
  max_wait_ms: number;
}

/** Null where it can't be read: then its limit does not apply. */
export interface LoadReading {
  temperature_celsius: number | null;
  /** Processor time of the whole machine that is not this worker's own, in percent. */
  foreign_load_percent: number | null;
}

type GuardKind = Exclude<PauseOfWorker['kind'], 'quarantined'>;

export interface GuardState {
  /** Why no tasks are taken now, with what to tell; undefined while they are. */
  paused: { kind: GuardKind; message: string } | undefined;
  /** Since when, without a break. */
  since_ms: number | undefined;
  /** Until when the limits are off, after a wait that was too long. */
  off_until_ms: number;
  /** What is over its limit while the limits are off. */
  in_spite_of: string | undefined;
}

export const UNGUARDED: GuardState = {
  paused: undefined,
  since_ms: undefined,
  off_until_ms: 0,
  in_spite_of: undefined,
};

/** So far below its limit a reading has to be for the worker to go on: what hovers at the limit must not flap. */
const COOLED_CELSIUS = 5;
const CALMER_PERCENT = 10;

/**
 * Whether the machine is fit for a measurement, one reading after the other. The wait is bounded, so that a machine that
 * never cools down or calms down still does its tasks, and says under what conditions. Pure.
 */
export function guard(before: GuardState, reading: LoadReading, limits: LoadLimits, now: number): GuardState {
  const problem = tooHot(before, reading, limits) ?? tooBusy(before, reading, limits);
  const going_on = { ...UNGUARDED, off_until_ms: before.off_until_ms };
  if (problem === undefined) return going_on;
  if (now < before.off_until_ms) return { ...going_on, in_spite_of: problem.message };
  const since_ms = before.since_ms ?? now;
  // As long a time to work as the wait was.
  if (now - since_ms >= limits.max_wait_ms)
    return { ...UNGUARDED, off_until_ms: now + limits.max_wait_ms, in_spite_of: problem.message };
  return { ...going_on, paused: problem, since_ms };
}

function tooHot(before: GuardState, reading: LoadReading, limits: LoadLimits): GuardState['paused'] {
  const { temperature_celsius: value } = reading;
  const { max_temperature_celsius: limit } = limits;
  if (value === null || limit === null) return undefined;
  const goes_on_below = before.paused?.kind === 'temperature' ? limit - COOLED_CELSIUS : limit;
  if (value <= goes_on_below) return undefined;
  return { kind: 'temperature', message: `it has ${value} °C, the limit is ${limit} °C` };
}

function tooBusy(before: GuardState, reading: LoadReading, limits: LoadLimits): GuardState['paused'] {
  const { foreign_load_percent: value } = reading;
  const { max_foreign_load_percent: limit } = limits;
  if (value === null || limit === null) return undefined;
  const goes_on_below = before.paused?.kind === 'foreign_load' ? Math.max(0, limit - CALMER_PERCENT) : limit;
  if (value <= goes_on_below) return undefined;
  return {
    kind: 'foreign_load',
    message: `other programs use ${Math.round(value)} % of its processors, the limit is ${limit} %`,
  };
}
