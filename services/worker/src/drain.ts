import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { AttemptRunner } from './attempt/attempt-runner.ts';
import type { Holds } from './holds.ts';
import type { Pools } from './pools.ts';

/** Time within SHUTDOWN_SECONDS that is kept for ending programs, storing outcomes and saying goodbye. Pure. */
export function drainSeconds(shutdown_seconds: number, kill_grace_seconds: number): number {
  return Math.max(0, shutdown_seconds - kill_grace_seconds - Math.min(5, shutdown_seconds / 4));
}

export interface DrainOptions {
  pools: Pools;
  holds: Holds;
  runner: AttemptRunner;
  seconds: number;
  log: Log;
}

/** Ends the worker's work in order: no new jobs, wait for those in execution, hand back what takes longer. */
export async function drainAndClose(options: DrainOptions): Promise<void> {
  const { pools, holds, runner, seconds, log } = options;
  await holds.hold('shutdown');
  const idle = runner.untilIdle();
  const timeout = new AbortController();
  await Promise.race([idle, pause(seconds * 1000, timeout.signal)]);
  timeout.abort();
  if (runner.runningCount > 0) {
    log.warn({ running: runner.runningCount }, 'handing back what could not finish in time');
    runner.abortAll('draining', `it was given ${seconds} s to finish`);
  }
  await idle;
  await pools.close();
}
