/** One of the stack's workers, as the autoscaler sees it. */
export interface WorkerView {
  name: string;
  /** `draining` takes no more jobs. */
  state: 'starting' | 'ready' | 'draining';
  /** Attempts in execution; undefined while it does not answer. */
  running: number | undefined;
}

/** What is to be done with the workers there are. */
export interface Steps {
  /** How many more to start. */
  start: number;
  /** Are to take jobs again. */
  resume: string[];
  /** Are to take no more jobs. */
  drain: string[];
  /** Run nothing, and will not: can be stopped. */
  stop: string[];
}

/**
 * Comes to so many workers that take jobs. One that runs something is never stopped: it is drained first and stopped when
 * it has nothing left. Those that are draining are taken back before any is started, and idle ones go first, of these
 * the ones that were added last.
 */
export function stepsTo(target: number, workers: readonly WorkerView[]): Steps {
  const draining = workers.filter(({ state }) => state === 'draining');
  const missing = target - (workers.length - draining.length);
  const busiest = draining.toSorted((a, b) => (b.running ?? 0) - (a.running ?? 0));
  const resume = busiest.slice(0, Math.max(0, missing));
  const youngest_first = workers.toReversed().filter(({ state }) => state === 'ready');
  const idlest = youngest_first.toSorted((a, b) => load(a) - load(b));
  return {
    start: Math.max(0, missing - resume.length),
    resume: names(resume),
    drain: names(idlest.slice(0, Math.max(0, -missing))),
    stop: names(draining.filter((worker) => worker.running === 0 && !resume.includes(worker))),
  };
}

/** Whoever does not answer may be busy. */
function load({ running }: WorkerView): number {
  return running ?? Number.POSITIVE_INFINITY;
}

function names(workers: readonly WorkerView[]): string[] {
  return workers.map(({ name }) => name);
}
