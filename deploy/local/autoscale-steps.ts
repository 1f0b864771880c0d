/** One of the stack's workers, as the autoscaler sees it. */
export interface WorkerView {
  name: string;
  /** `draining` takes no more jobs because the autoscaler said so; `held` for any other reason, such as a person's word. */
  state: 'starting' | 'ready' | 'draining' | 'held';
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
 * the ones that were added last. Those that are held stay as they are: anyone who holds them lets them go.
 */
export function stepsTo(target: number, workers: readonly WorkerView[]): Steps {
  const draining = workers.filter(({ state }) => state === 'draining');
  const missing = target - activeOf(workers);
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

/** Workers that take jobs or are about to. */
export function activeOf(workers: readonly WorkerView[]): number {
  return workers.filter(({ state }) => state === 'starting' || state === 'ready').length;
}

/** A worker that does not answer may be busy. */
function load({ running }: WorkerView): number {
  return running ?? Number.POSITIVE_INFINITY;
}

function names(workers: readonly WorkerView[]): string[] {
  return workers.map(({ name }) => name);
}
