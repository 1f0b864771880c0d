import type { RunCounts } from '@benchwire/shared/contracts/event.ts';
import type { MadeArtifact } from '@benchwire/shared/contracts/model-artifact.ts';
import type { OutcomeStatus } from '@benchwire/shared/contracts/outcome.ts';
import type { RunSubmitted } from '@benchwire/shared/contracts/run.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { type Blocked, blockedKey } from '../failures/blocked-pools.ts';
import { ModelUsers } from '../fleet/model-users.ts';
import { PoolLoad } from '../fleet/pool-load.ts';
import type { Offer } from '../placement/match.ts';
import { Fifo } from '../queue/fifo.ts';
import { LaneList } from '../queue/lane-list.ts';
import { OldestReady } from '../queue/oldest-ready.ts';
import { placeOf } from '../queue/order.ts';
import type { ImportedEnd, Verdict } from './attempt-end.ts';
import { IllegalTransitionError } from './illegal-transition.ts';
import { mayFollow, type Phase } from './phases.ts';

/*
 * Runs, their tasks, where the tasks wait, and the pools that they go to. They point at each other, so they stand in one
 * file. Methods keep what depends on each other in step, and refuse what cannot follow.
 *
 *   run ── task ── lane ── bucket ── group ── pools       a task waits in the lane of its repetitions
 *                    └──── queue ── tenant                a queue has the lanes of one run that are equally urgent
 */

/** A task while its run is open. There may be a million: what its repetitions share stands in the lane. */
export class TaskState {
  readonly task_id: string;
  lane: Lane;
  #phase: Phase;
  /** The attempt that runs or comes next. */
  attempt = 1;
  /** Dependencies that are not done. */
  unmet = 0;
  dependents: TaskState[] | undefined;
  status: OutcomeStatus | undefined;
  /** When it became ready, by the scheduler's clock. */
  ready_at_ms = 0;
  /** When a delayed retry is due. */
  due_at_ms = 0;
  emission: Emission | undefined;
  /** What the scheduler decided while `settling`. */
  verdict: Verdict | ImportedEnd | undefined;

  constructor(lane: Lane, task: Task) {
    this.task_id = task.task_id;
    this.lane = lane;
    this.#phase = task.placement === 'each' && task.pool === null ? 'unbound' : 'blocked';
  }

  get phase(): Phase {
    return this.#phase;
  }

  mayEnter(phase: Phase): boolean {
    return mayFollow(this.#phase, phase);
  }

  /** @throws IllegalTransitionError for a phase that cannot follow */
  enter(phase: Phase): void {
    if (!this.mayEnter(phase))
      throw new IllegalTransitionError(`task ${this.task_id} is ${this.#phase}; it cannot become ${phase}`);
    this.#phase = phase;
  }
}

/** Where an attempt was emitted to. */
export interface Emission {
  readonly pool: PoolState;
  readonly at_ms: number;
  /** How long it was expected to run there. */
  readonly expected_ms: number;
  /** When a slot became free for it, as far as the scheduler can tell; undefined while it stands behind others. */
  started_ms: number | undefined;
}

/** What the repetitions of a task have in common: everything but the id and whom it waits for. */
export type Spec = Omit<Task, 'task_id' | 'depends_on'>;

export interface RunState {
  readonly submitted: RunSubmitted;
  readonly accepted_at_ms: number;
  tasks: Map<string, TaskState>;
  bindings: Map<string, readonly string[]>;
  /** Where its ready tasks stand, by group, priority and deadline. */
  queues: Map<string, RunQueue>;
  /** Its lanes, by the config that their tasks share. */
  lanes: Map<Spec['config'], Lane[]>;
  /** Attempts in pools' queues or in execution, and how many there may be. */
  emitted: number;
  readonly max_running: number;
  /** Whether the deadlines of its tasks have been noted as missed, by their time. */
  deadlines: Map<number, boolean>;
  /** Models that its tasks have made, by task. */
  artifacts: Map<string, MadeArtifact>;
  /** Why it was cancelled; undefined while it may go on. */
  cancelled: string | undefined;
  /** Why single tasks were cancelled, by their ids. */
  cancelled_tasks: Map<string, string>;
  open: number;
  counts: RunCounts;
}

/** Tasks that the same pools can serve. */
export class Group {
  readonly signature: string;
  /** Stands for all of them: they are matched alike. */
  readonly need: Spec;
  #blocked: Blocked | undefined;
  /** Pools with a worker that can serve it. */
  pools: PoolState[] = [];
  /** Ready tasks. */
  size = 0;
  readonly oldest = new OldestReady();
  /** Since when no pool serves it; undefined while one does. */
  unplaceable_since_ms: number | undefined;
  /** Lanes that name it; without any it is forgotten. */
  lanes = 0;

  constructor(signature: string, need: Spec, blocked: Blocked | undefined) {
    this.signature = signature;
    this.need = need;
    this.#blocked = blocked;
  }

  /** Pools that are not to take them now though they match, with why. The pools are in the signature, the reasons are not. */
  get blocked(): Blocked | undefined {
    return this.#blocked;
  }

  /**
   * Renews the reasons.
   * @throws IllegalTransitionError for other pools: tasks with those are another group
   */
  explainBlocked(blocked: Blocked | undefined): void {
    if (blockedKey(blocked) !== blockedKey(this.#blocked))
      throw new IllegalTransitionError(`the pools that a group is kept from cannot change (${this.signature})`);
    this.#blocked = blocked;
  }
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

/** The ready tasks of one written task of one run (and matrix cell): which of them comes first makes no difference. */
export class Lane {
  readonly run: RunState;
  readonly spec: Spec;
  /** Position in the run, so that tasks start in the order in which they were written. */
  readonly index: number;
  readonly tenant: Tenant;
  readonly bucket: Bucket;
  readonly queue: RunQueue;
  readonly tasks = new Fifo<TaskState>();
  #size = 0;

  constructor({
    run,
    spec,
    index,
    tenant,
    bucket,
    queue,
  }: Pick<Lane, 'run' | 'spec' | 'index' | 'tenant' | 'bucket' | 'queue'>) {
    this.run = run;
    this.spec = spec;
    this.index = index;
    this.tenant = tenant;
    this.bucket = bucket;
    this.queue = queue;
  }

  /** Ready tasks in it. */
  get size(): number {
    return this.#size;
  }

  /**
   * A task of it has become ready. @returns whether it is the tenant's only one now
   * @throws IllegalTransitionError for a task of another lane
   */
  add(task: TaskState): boolean {
    const { queue, tenant, bucket } = this;
    if (task.lane !== this) throw new IllegalTransitionError(`task ${task.task_id} belongs into another lane`);
    this.tasks.push(task);
    if (this.#size++ === 0) queue.list.filled(this);
    if (queue.size++ === 0) tenant.insert(queue);
    if (bucket.group.size++ === 0) bucket.group.unplaceable_since_ms = undefined;
    bucket.size++;
    bucket.group.oldest.add(task.ready_at_ms);
    return tenant.size++ === 0;
  }

  /**
   * A task of it is ready no longer. @returns whether its tenant has none left
   * @throws IllegalTransitionError for a task of another lane, or where none is ready
   */
  remove(task: TaskState): boolean {
    const { queue, tenant, bucket } = this;
    if (task.lane !== this || this.#size === 0)
      throw new IllegalTransitionError(`task ${task.task_id} is not ready in this lane`);
    if (--this.#size === 0) queue.list.emptied();
    if (--queue.size === 0) tenant.delete(queue);
    bucket.group.size--;
    bucket.size--;
    bucket.group.oldest.remove(task.ready_at_ms);
    return --tenant.size === 0;
  }

  /** The task that is next in it. */
  next(): TaskState | undefined {
    return this.tasks.peek((task) => this.#holds(task));
  }

  /** Every ready task in it. */
  waiting(): Generator<TaskState> {
    return this.tasks.items((task) => this.#holds(task));
  }

  /** Whether a task in its line still stands there: it may have left for a pool, or for another lane. */
  #holds(task: TaskState): boolean {
    return task.phase === 'ready' && task.lane === this;
  }
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
  readonly list = new LaneList<Lane>();

  constructor(run: RunState, group: Group, band: number, due_ms: number) {
    this.run = run;
    this.group = group;
    this.band = band;
    this.due_ms = due_ms;
  }

  /** By index. May hold lanes that have become empty. */
  get lanes(): readonly Lane[] {
    return this.list.all;
  }
}

export interface TenantLimits {
  /** Its share of the fleet, against the other tenants' weights. */
  weight: number;
  /** Attempts in queues or in execution at once. */
  max_running: number;
}

/** Who shares the fleet with others: the value of one tag of the request. */
export class Tenant {
  readonly name: string;
  readonly limits: TenantLimits;
  /**
   * Expected slot time that it has been given, divided by its weight, on a clock that all tenants share (start-time
   * fair queueing; Goyal, Vin and Cheng 1996): who has got least goes first.
   */
  virtual_ms = 0;
  /** Ready tasks. */
  size = 0;
  emitted = 0;
  open_runs = 0;
  /** Its queues with ready tasks, in order. */
  readonly queues = new Map<Group, RunQueue[]>();

  constructor(name: string, limits: TenantLimits) {
    this.name = name;
    this.limits = limits;
  }

  get atLimit(): boolean {
    return this.emitted >= this.limits.max_running;
  }

  insert(queue: RunQueue): void {
    const list = this.queues.get(queue.group);
    if (list === undefined) this.queues.set(queue.group, [queue]);
    else list.splice(placeOf(list, queue), 0, queue);
  }

  /** @throws IllegalTransitionError when it does not stand in its place */
  delete(queue: RunQueue): void {
    const list = this.queues.get(queue.group);
    const place = list === undefined ? 0 : placeOf(list, queue);
    if (list?.[place] !== queue)
      throw new IllegalTransitionError(`the queue of run ${queue.run.submitted.run_id} is not in its place`);
    list.splice(place, 1);
    if (list.length === 0) this.queues.delete(queue.group);
  }
}

/**
 * What the scheduler knows of one pool: what it offers, what was emitted to it, and how much work that is. A pool whose
 * workers are gone stays known for as long as something stands in its queue.
 */
export class PoolState {
  readonly name: string;
  /** Small and dense: place of the pool in arrays by pool. */
  index: number;
  /** Undefined while no worker serves it. */
  offer: Offer | undefined;
  /** Attempts that can run at once. */
  slots = 0;
  workers: readonly string[] = [];
  /** Groups that it can serve. */
  groups: Group[] = [];
  readonly load = new PoolLoad<TaskState>();
  readonly users = new ModelUsers();
  /** Since when it has had a free slot and taken nothing although it was asked; undefined while it is busy. */
  idle_since_ms: number | undefined;
  readonly #by_bucket = new Map<Bucket, number>();

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  get emitted(): ReadonlySet<TaskState> {
    return this.load.emitted;
  }

  /** Takes over what the fleet says of it now. */
  update(pool: { offer: Offer; slots: number; workers: readonly string[] } | undefined, now: number): void {
    this.offer = pool?.offer;
    this.slots = pool?.slots ?? 0;
    this.workers = pool?.workers ?? [];
    this.load.setSlots(this.slots, now);
  }

  /** @throws IllegalTransitionError for a task that a pool has already */
  add(task: TaskState, expected_ms: number, now: number): void {
    if (task.emission !== undefined)
      throw new IllegalTransitionError(`task ${task.task_id} is with pool ${task.emission.pool.name} already`);
    task.emission = { pool: this, at_ms: now, expected_ms, started_ms: undefined };
    this.idle_since_ms = undefined;
    this.#count(task.lane.bucket, 1);
    this.load.add(task, task.emission, now);
  }

  /** @throws IllegalTransitionError for a task that it does not have */
  delete(task: TaskState, now: number): void {
    const { emission } = task;
    if (emission?.pool !== this || !this.load.delete(task, emission))
      throw new IllegalTransitionError(`task ${task.task_id} is not with pool ${this.name}`);
    task.emission = undefined;
    this.#count(task.lane.bucket, -1);
    this.load.startNext(now);
  }

  /** How long a task that is emitted now would wait for a slot. */
  waitMs(now: number): number {
    return this.load.waitMs(now);
  }

  /** How many of those emitted are of that bucket. */
  emittedOf(bucket: Bucket): number {
    return this.#by_bucket.get(bucket) ?? 0;
  }

  #count(bucket: Bucket, by: number): void {
    const count = (this.#by_bucket.get(bucket) ?? 0) + by;
    if (count === 0) this.#by_bucket.delete(bucket);
    else this.#by_bucket.set(bucket, count);
  }
}
