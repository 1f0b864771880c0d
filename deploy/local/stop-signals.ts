/**
 * One Ctrl-C may arrive more than once: from the terminal, and passed on by npm. A second one counts as meant from here on.
 */
const sameSignal_ms = 1_000;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the signal that this returns; one more after that calls `force`.
 */
export function onStopSignals(force: () => void, now: () => number = () => performance.now()): AbortSignal {
  const stop = new AbortController();
  let first: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      first ??= now();
      if (!stop.signal.aborted) stop.abort(new StopRequested(name));
      else if (now() - first > sameSignal_ms) force();
    });
  }
  return stop.signal;
}

/** Why a start was given up: the user wants it to end. Not a failure. */
export class StopRequested extends Error {
  constructor(signal: string) {
    super(`stopped by ${signal}`);
    this.name = 'StopRequested';
  }
}
