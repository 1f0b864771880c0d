/**
 * `unbound` an `each` task that waits for its pools; `blocked` waits for dependencies; `delayed` for its retry;
 * `ready` for a pool; `emitted` stands in a pool's queue or runs; `settling` the scheduler itself has decided how the
 * attempt ends and is publishing that; `done` has its final outcome.
 */
export type Phase = 'unbound' | 'blocked' | 'delayed' | 'ready' | 'emitted' | 'settling' | 'done';

/**
 * What may follow a phase. An outcome ends an attempt in whatever phase the task is, since a replay may know of the outcome
 * before it knows of the emission: so nearly everything may become `done`, or wait for its next attempt.
 */
const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  // Its copies run in its place; it never waits for a pool itself.
  unbound: ['settling', 'done'],
  blocked: ['ready', 'delayed', 'settling', 'done'],
  delayed: ['ready', 'delayed', 'emitted', 'settling', 'done'],
  ready: ['emitted', 'ready', 'delayed', 'settling', 'done'],
  emitted: ['ready', 'delayed', 'settling', 'done'],
  settling: ['settling', 'ready', 'delayed', 'done'],
  done: [],
};

/** Whether a task of one phase may become one of the other. */
export function mayFollow(before: Phase, after: Phase): boolean {
  return NEXT[before].includes(after);
}
