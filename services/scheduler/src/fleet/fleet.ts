import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import type { Quarantine } from '@benchwire/shared/contracts/quarantine.ts';
import { type Capabilities, type Heartbeat, lostAfterMs } from '@benchwire/shared/contracts/worker.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';
import type { Offer, WorkerReach } from '../placement/match.ts';
import { PooledOffers } from './pooled-offers.ts';

/** A registered worker that nobody has heard since this scheduler listens: it may still be on its way back to a stack that has come up. */
const NEVER_HEARD_MS = 15_000;
/** One that should have spoken this often, and not for this long, may be asked after. */
const QUIET_INTERVALS = 2;
const MIN_QUIET_MS = 1500;
/** Workers that left are remembered, so many at most. */
const MAX_LEFT = 20_000;

export interface WorkerState {
  capabilities: Capabilities;
  /** By the scheduler's own clock; workers' clocks are not trusted. */
  last_seen_ms: number;
  interval_ms: number;
  state: Heartbeat['state'] | 'silent';
  boot_id: string;
  /** Attempt ids it says it runs. */
  running: ReadonlySet<string>;
  /** The same, by device. */
  running_on: Heartbeat['running'];
  paused: Heartbeat['paused'];
}

export interface WorkerAbsence {
  state: 'lost' | 'left';
  /** By this scheduler's clock; undefined when it has never heard it. */
  last_seen_ms: number | undefined;
}

export interface Pool {
  pool: string;
  offer: Offer;
  workers: string[];
  /** Which files each of the workers can have, in the same order; absent where nobody knows. */
  reach?: readonly WorkerReach[];
  /** Attempts that can run at once, over all ready workers. */
  slots: number;
}

export type FleetChange =
  | { kind: 'joined'; worker_id: string }
  | { kind: 'lost'; worker_id: string; silent_ms: number }
  | { kind: 'restarted'; worker_id: string }
  | { kind: 'left'; worker_id: string }
  /** Takes no tasks from now on, or takes them again. */
  | { kind: 'quarantined' | 'released'; worker_id: string };

/**
 * Which workers there are, folded from their capabilities (KV) and heartbeats. A worker counts only while its
 * heartbeat is heard, so an old entry in the bucket does no harm.
 */
export class Fleet {
  #workers = new Map<string, WorkerState>();
  /** Capabilities without a heartbeat yet. */
  #known = new Map<string, Capabilities>();
  /** Workers that have an entry in the bucket now. */
  readonly #registered = new Set<string>();
  /** Known to have no connection, or silent for too long, and not heard of since; with when it was last seen. */
  #gone = new Map<string, number | undefined>();
  /** The start under which each worker that left has left. */
  readonly #left = new Map<string, string>();
  /** Since when a worker would be heard of if it were there: its capabilities are known, or it is named as being at work. */
  readonly #expected_since = new Map<string, number>();
  readonly #quarantines = new Map<string, Quarantine>();
  #pools: Map<string, Pool> | undefined;
  readonly #pooledOffers = new PooledOffers();
  #listening_since_ms: number;

  constructor(now: number) {
    this.#listening_since_ms = now;
  }

  /** Whether not having heard of a worker means that it is gone. */
  silenceIsTelling(now: number): boolean {
    let longest_ms = 0;
    for (const worker of this.#workers.values()) longest_ms = Math.max(longest_ms, worker.interval_ms);
    return now - this.#listening_since_ms > lostAfterMs(longest_ms) + 1000;
  }

  /** @returns what changed for tasks that run there */
  applyCapabilities(capabilities: Capabilities, now: number): FleetChange[] {
    if (this.#known.get(capabilities.worker_id)?.boot_id !== capabilities.boot_id) {
      this.#expected_since.set(capabilities.worker_id, now);
      // That was the start before.
      this.#gone.delete(capabilities.worker_id);
    }
    this.#known.set(capabilities.worker_id, capabilities);
    this.#registered.add(capabilities.worker_id);
    const worker = this.#workers.get(capabilities.worker_id);
    if (worker === undefined) return [];
    this.#pools = undefined;
    worker.capabilities = capabilities;
    if (worker.boot_id === capabilities.boot_id) return [];
    worker.boot_id = capabilities.boot_id;
    worker.last_seen_ms = now;
    worker.running = new Set();
    worker.running_on = {};
    return [{ kind: 'restarted', worker_id: capabilities.worker_id }];
  }

  /** Its entry in the bucket is gone. What it was known to offer holds for as long as it is heard. */
  applyRemoval(worker_id: string): void {
    this.#registered.delete(worker_id);
  }

  applyHeartbeat(heartbeat: Heartbeat, now: number): FleetChange[] {
    const { worker_id } = heartbeat;
    const capabilities = this.#known.get(worker_id);
    // Somebody is there.
    this.#gone.delete(worker_id);
    // Its capabilities come through the bucket in a moment; the next heartbeat counts.
    if (capabilities === undefined || capabilities.boot_id !== heartbeat.boot_id) {
      this.#expected_since.set(worker_id, now);
      return [];
    }
    const before = this.#workers.get(worker_id);
    if (heartbeat.state === 'left') {
      this.forget(worker_id);
      this.#left.set(worker_id, heartbeat.boot_id);
      forgetOldest(this.#left, MAX_LEFT);
      return before === undefined ? [] : [{ kind: 'left', worker_id }];
    }
    if (before === undefined || before.state !== heartbeat.state) this.#pools = undefined;
    this.#workers.set(worker_id, {
      capabilities,
      last_seen_ms: now,
      interval_ms: heartbeat.interval_seconds * 1000,
      state: heartbeat.state,
      boot_id: heartbeat.boot_id,
      running: new Set(Object.values(heartbeat.running).flat()),
      running_on: heartbeat.running,
      paused: heartbeat.paused,
    });
    return before === undefined ? [{ kind: 'joined', worker_id }] : [];
  }

  /** @returns what changed for tasks that could run there */
  applyQuarantine(entry: Quarantine): FleetChange[] {
    const { worker_id, quarantined } = entry;
    const before = this.#quarantines.get(worker_id)?.quarantined === true;
    this.#quarantines.set(worker_id, entry);
    if (before === quarantined) return [];
    this.#pools = undefined;
    return [{ kind: quarantined ? 'quarantined' : 'released', worker_id }];
  }

  /** Entries of the bucket, also of workers that were let back. */
  get quarantines(): ReadonlyMap<string, Quarantine> {
    return this.#quarantines;
  }

  /** Workers that are there and take nothing, as `worker: why`, by pool. */
  pausedIn(pool: string): string[] {
    const found: string[] = [];
    for (const [worker_id, worker] of this.#workers) {
      if (!worker.capabilities.devices.some((device) => device.pool === pool)) continue;
      const entry = this.#quarantines.get(worker_id);
      if (entry?.quarantined === true) found.push(`${worker_id} is in quarantine: ${entry.reason}`);
      else if (worker.paused !== undefined) found.push(`${worker_id} is paused: ${worker.paused.message}`);
      else if (worker.state === 'draining') found.push(`${worker_id} takes no more tasks`);
    }
    return found;
  }

  /** Every pool that a worker which is heard of has devices in, whether or not it takes jobs now. */
  offers(): Map<string, Offer> {
    const offers = new Map<string, Offer>();
    const reaches = new Map<string, WorkerReach[]>();
    for (const { capabilities } of this.#workers.values()) {
      for (const device of capabilities.devices) {
        const reach = reaches.get(device.pool) ?? [];
        reaches.set(device.pool, reach);
        // All of a pool's workers, also those that come after this one.
        if (reach.push(capabilities) === 1) offers.set(device.pool, { ...device, reach });
      }
    }
    return offers;
  }

  /** Takes out the workers that have been silent for too long. */
  expire(now: number): FleetChange[] {
    return this.#silentFor(now, lostAfterMs).flatMap((worker_id) => this.markGone(worker_id, now));
  }

  /** Workers that should have spoken by now; not lost yet. */
  quiet(now: number): string[] {
    return this.#silentFor(now, (interval_ms) => Math.max(MIN_QUIET_MS, interval_ms * QUIET_INTERVALS));
  }

  /** Takes out a worker that is known to have no connection, or was silent for too long. */
  markGone(worker_id: string, now: number): FleetChange[] {
    const worker = this.#workers.get(worker_id);
    this.#gone.set(worker_id, worker?.last_seen_ms ?? this.#gone.get(worker_id));
    if (worker === undefined) return [];
    this.forget(worker_id);
    return [{ kind: 'lost', worker_id, silent_ms: now - worker.last_seen_ms }];
  }

  /**
   * Whether a worker that is named as being at work is not there. One that has never been heard of gets the time in which it would
   * have been: a new one may take a job before its first heartbeat counts.
   */
  isLost(worker_id: string, now: number): boolean {
    if (this.#workers.has(worker_id)) return false;
    if (this.#gone.has(worker_id)) return true;
    const since_ms = this.#expected_since.get(worker_id) ?? now;
    this.#expected_since.set(worker_id, since_ms);
    return this.silenceIsTelling(now) && now - since_ms > lostAfterMs(0);
  }

  /** What has become of a worker that is registered and not there; undefined while it is there, or may be. */
  absenceOf({ worker_id, boot_id }: Capabilities, now: number): WorkerAbsence | undefined {
    if (this.#workers.has(worker_id)) return undefined;
    if (this.#left.get(worker_id) === boot_id) return { state: 'left', last_seen_ms: undefined };
    if (this.#gone.has(worker_id)) return { state: 'lost', last_seen_ms: this.#gone.get(worker_id) };
    const since_ms = Math.max(this.#listening_since_ms, this.#expected_since.get(worker_id) ?? now);
    return now - since_ms > NEVER_HEARD_MS ? { state: 'lost', last_seen_ms: undefined } : undefined;
  }

  #silentFor(now: number, limitMs: (interval_ms: number) => number): string[] {
    const found: string[] = [];
    for (const [worker_id, { last_seen_ms, interval_ms }] of this.#workers) {
      if (now - last_seen_ms > limitMs(interval_ms)) found.push(worker_id);
    }
    return found;
  }

  /** After a gap in what the scheduler itself could hear (NATS was away), silence proves nothing. */
  forgiveSilence(now: number): void {
    this.#listening_since_ms = now;
    for (const worker of this.#workers.values()) worker.last_seen_ms = now;
  }

  forget(worker_id: string): void {
    this.#workers.delete(worker_id);
    this.#pools = undefined;
  }

  worker(worker_id: string): WorkerState | undefined {
    return this.#workers.get(worker_id);
  }

  /** Pools a worker has (or had) devices in. */
  poolsOf(worker_id: string): string[] {
    return [...new Set(this.#known.get(worker_id)?.devices.map((device) => device.pool) ?? [])];
  }

  /** Whether some worker says that it runs an attempt. */
  runs(attempt_id: string): boolean {
    return this.#workers.values().some((worker) => worker.running.has(attempt_id));
  }

  /** Whether the bucket has an entry of it. */
  isRegistered(worker_id: string): boolean {
    return this.#registered.has(worker_id);
  }

  /** What is known of workers that are registered, or were heard until they fell silent. */
  *registrations(): Generator<Capabilities> {
    for (const worker_id of new Set([...this.#registered, ...this.#gone.keys()])) {
      const capabilities = this.#known.get(worker_id);
      if (capabilities !== undefined) yield capabilities;
    }
  }

  get workerCount(): number {
    return this.#workers.size;
  }

  /** How many attempts the heartbeats say are in execution, by pool; also where a worker takes no more. */
  runningAttempts(): Map<string, number> {
    const running = new Map<string, number>();
    for (const { capabilities, running_on } of this.#workers.values()) {
      for (const { device_id, pool } of capabilities.devices) {
        const count = running_on[device_id]?.length ?? 0;
        if (count > 0) running.set(pool, (running.get(pool) ?? 0) + count);
      }
    }
    return running;
  }

  /** The class of a pool: what its devices say, or its name (`<class>-<8 hex>`) when they are gone. */
  classOf(pool: string): HardwareClass | undefined {
    const name = pool.slice(0, pool.lastIndexOf('-'));
    return this.pools().get(pool)?.offer.class ?? HARDWARE_CLASSES.find((each) => each === name);
  }

  /** The pools with at least one worker that takes jobs. */
  pools(): ReadonlyMap<string, Pool> {
    this.#pools ??= this.#buildPools();
    return this.#pools;
  }

  #buildPools(): Map<string, Pool> {
    const pools = new Map<string, Pool>();
    for (const [worker_id, worker] of this.#workers) {
      if (worker.state !== 'ready' || this.#quarantines.get(worker_id)?.quarantined === true) continue;
      for (const device of worker.capabilities.devices) {
        const pool = pools.get(device.pool);
        if (pool === undefined) {
          const { pool: name, slots } = device;
          pools.set(name, { pool: name, offer: device, workers: [worker_id], slots });
        } else {
          // A worker's devices come one after the other.
          if (pool.workers.at(-1) !== worker_id) pool.workers.push(worker_id);
          pool.slots += device.slots;
        }
      }
    }
    for (const pool of pools.values()) this.#addReach(pool);
    return pools;
  }

  #addReach(pool: Pool): void {
    const reach = pool.workers.flatMap((worker_id) => this.#workers.get(worker_id)?.capabilities ?? []);
    pool.reach = reach;
    pool.offer = this.#pooledOffers.of(pool.offer, reach);
  }
}
