import type { Blocked } from '../failures/recovery.ts';
import type { PoolState } from '../fleet/pool-state.ts';
import type { RunState, Spec, TaskState } from '../state/run-state.ts';
import type { Fifo } from './fifo.ts';
import type { OldestReady } from './oldest-ready.ts';
import type { Tenant } from './tenant.ts';

/** Tasks that the same pools can serve. */
export interface Group {
  readonly signature: string;
  /** Stands for all of them: they are matched alike. */
  readonly need: Spec;
  /** Pools that are not to take them now though they match, with why. The pools are in the signature, the reasons are not. */
  blocked: Blocked | undefined;
  /** Pools with a worker that can serve it. */
  pools: PoolState[];
  /** Ready tasks. */
  size: number;
  readonly oldest: OldestReady;
  /** Since when no pool serves it; undefined while one does. */
  unplaceable_since_ms: number | undefined;
  /** Lanes that name it; without any it is forgotten. */
  lanes: number;
}

/** Tasks of a group that take equally long on the same hardware. */
export interface Bucket {
  readonly group: Group;
  /** `workloadKey` of its tasks. */
  readonly workload: string;
  /** What its tasks load before they run, for pools that have it already. */
  readonly model: string | null;
  /** Ready tasks. */
  size: number;
  lanes: number;
  /** Bookkeeping of pick.ts. */
  looked_at: number;
}

/** The ready tasks of one written task of one run (and matrix cell): whoever comes first of them makes no difference. */
export interface Lane {
  readonly run: RunState;
  readonly spec: Spec;
  /** Position in the run, so that tasks start in the order in which they were written. */
  readonly index: number;
  readonly tenant: Tenant;
  readonly bucket: Bucket;
  readonly queue: RunQueue;
  readonly tasks: Fifo<TaskState>;
  /** Ready tasks in it. */
  size: number;
  /** Whether `queue.lanes` holds it. */
  queued: boolean;
}

/** The lanes of one run that have the same group, priority and deadline. */
export class RunQueue {
  readonly run: RunState;
  readonly group: Group;
  /** See order.ts; the lower the sooner. */
  readonly band: number;
  readonly due_ms: number;
  /** Ready tasks in all lanes. */
  size = 0;
  /** By index. May hold lanes that have become empty. */
  lanes: Lane[] = [];
  #empty = 0;

  constructor(run: RunState, group: Group, band: number, due_ms: number) {
    this.run = run;
    this.group = group;
    this.band = band;
    this.due_ms = due_ms;
  }

  /** A lane has got its first ready task. */
  filled(lane: Lane): void {
    if (lane.queued) {
      this.#empty--;
      return;
    }
    lane.queued = true;
    let low = 0;
    let high = this.lanes.length;
    // Nearly always the last one.
    if (high > 0 && (this.lanes[high - 1]?.index ?? 0) < lane.index) low = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lanes[middle]?.index ?? 0) < lane.index) low = middle + 1;
      else high = middle;
    }
    if (low === this.lanes.length) this.lanes.push(lane);
    else this.lanes.splice(low, 0, lane);
  }

  /** A lane has lost its last ready task. It stays, since it may come back, until half of them are like that. */
  emptied(): void {
    this.#empty++;
    if (this.#empty < 16 || this.#empty * 2 < this.lanes.length) return;
    const kept: Lane[] = [];
    for (const lane of this.lanes) {
      if (lane.size > 0) kept.push(lane);
      else lane.queued = false;
    }
    this.lanes = kept;
    this.#empty = 0;
  }
}

/** Every ready task of a lane. */
export function* waitingIn(lane: Lane): Generator<TaskState> {
  yield* lane.tasks.items((task) => isReadyIn(lane, task));
}

/** Whether a task in the lane's line still stands there: it may have left for a pool, or for another lane. */
export function isReadyIn(lane: Lane, task: TaskState): boolean {
  return task.phase === 'ready' && task.lane === lane;
}
