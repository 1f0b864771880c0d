import { workloadKey } from '@benchwire/shared/contracts/series.ts';
import { type Blocked, blockedKey } from '../failures/blocked-pools.ts';
import { needSignature } from '../placement/match.ts';
import {
  type Bucket,
  Group,
  Lane,
  RunQueue,
  type RunState,
  type Spec,
  type TaskState,
  type Tenant,
} from '../state/model.ts';
import type { FairShare } from './fair-share.ts';
import { bandOf } from './order.ts';

interface Listener {
  added(group: Group): void;
  removed(group: Group): void;
}

/**
 * All tasks that may start now. They stand in lanes of tasks that are alike; lanes of one run, need and urgency stand in a
 * queue; and each tenant keeps its queues in order, by what they need. So neither adding a task nor finding the next
 * one costs more when more are waiting.
 */
export class ReadyQueue {
  #groups = new Map<string, Group>();
  #buckets = new Map<string, Bucket>();
  #aging_ms: number;
  #shares: FairShare;
  #listener: Listener;
  #size = 0;
  /** Groups that have got work, or may be served again, since the last decisions. */
  readonly touched = new Set<Group>();

  constructor(options: { aging_ms: number; shares: FairShare; listener: Listener }) {
    this.#aging_ms = options.aging_ms;
    this.#shares = options.shares;
    this.#listener = options.listener;
  }

  get size(): number {
    return this.#size;
  }

  get groups(): IterableIterator<Group> {
    return this.#groups.values();
  }

  /** Also those in which nothing waits now. */
  get buckets(): IterableIterator<Bucket> {
    return this.#buckets.values();
  }

  get tenants(): readonly Tenant[] {
    return this.#shares.waiting;
  }

  /** The lane of a task, which its repetitions share unless some pools are not to take it. */
  laneFor(run: RunState, spec: Spec, index: number, tenant: Tenant, blocked?: Blocked): Lane {
    const sharing = run.lanes.get(spec.config) ?? [];
    const key = blockedKey(blocked);
    const known = sharing.find(
      (lane) =>
        lane.spec.pool === spec.pool &&
        lane.spec.base_task_id === spec.base_task_id &&
        blockedKey(lane.bucket.group.blocked) === key,
    );
    if (known !== undefined) {
      known.bucket.group.explainBlocked(blocked);
      return known;
    }
    const bucket = this.#bucket(spec, blocked);
    const queue = this.#queue(run, bucket.group, spec);
    const lane = new Lane({ run, spec, index, tenant, bucket, queue });
    bucket.lanes++;
    bucket.group.lanes++;
    sharing.push(lane);
    run.lanes.set(spec.config, sharing);
    return lane;
  }

  add(task: TaskState): void {
    const { tenant, bucket } = task.lane;
    if (task.lane.add(task)) this.#shares.enter(tenant);
    this.#size++;
    this.touched.add(bucket.group);
  }

  /** Takes a task out, wherever it stands. The caller sets its new phase. */
  remove(task: TaskState): void {
    if (task.lane.remove(task)) this.#shares.leave(task.lane.tenant);
    this.#size--;
  }

  /** Forgets what only tasks of that run needed. */
  dropRun(run: RunState): void {
    for (const lane of [...run.lanes.values()].flat()) {
      const { bucket } = lane;
      const { group } = bucket;
      if (--bucket.lanes === 0) this.#buckets.delete(bucketKey(group.signature, bucket.workload));
      if (--group.lanes > 0) continue;
      this.#groups.delete(group.signature);
      this.touched.delete(group);
      this.#listener.removed(group);
    }
  }

  #bucket(spec: Spec, blocked: Blocked | undefined): Bucket {
    const signature = `${needSignature(spec)}${blockedKey(blocked)}`;
    const workload = workloadKey(spec);
    const key = bucketKey(signature, workload);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      const model = 'model' in spec.config ? (spec.config.model ?? null) : null;
      bucket = { group: this.#group(signature, spec, blocked), workload, model, size: 0, lanes: 0, looked_at: 0 };
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #group(signature: string, need: Spec, blocked: Blocked | undefined): Group {
    let group = this.#groups.get(signature);
    if (group === undefined) {
      group = new Group(signature, need, blocked);
      this.#groups.set(signature, group);
      this.#listener.added(group);
    }
    return group;
  }

  #queue(run: RunState, group: Group, spec: Spec): RunQueue {
    const due_ms = spec.deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(spec.deadline);
    const key = `${group.signature} ${spec.priority} ${due_ms}`;
    let queue = run.queues.get(key);
    if (queue === undefined) {
      queue = new RunQueue(run, group, bandOf(run.accepted_at_ms, spec.priority, this.#aging_ms), due_ms);
      run.queues.set(key, queue);
    }
    return queue;
  }
}

function bucketKey(signature: string, workload: string): string {
  return `${workload} ${signature}`;
}
