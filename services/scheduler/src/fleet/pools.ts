import { whyNot } from '../failures/recovery.ts';
import { type Group, PoolState } from '../state/model.ts';
import type { Pool } from './fleet.ts';

/** A pool that found nothing is asked again after this long even if nothing has happened. */
const STALE_MS = 1000;

/**
 * Every pool that has workers or something in its queue, and which groups it can serve. Keeps apart those that have to be
 * asked for a decision from those that were asked in vain, so that a decision costs the same however large the fleet is.
 */
export class Pools {
  #pools = new Map<string, PoolState>();
  #groups: () => Iterable<Group>;
  #fleet: ReadonlyMap<string, Pool> | undefined;
  /** To be asked. */
  #open = new Set<PoolState>();
  /** Were asked, had room, and found nothing that they want. */
  #hungry = new Set<PoolState>();
  #woken_at_ms = 0;
  #next_index = 0;
  /** Attempts that the whole fleet can run at once. */
  slots = 0;
  /** Counts up whenever what pools there are has changed. */
  version = 0;
  /** Counts up whenever the places of the pools in arrays have changed. */
  numbering = 0;
  /** Whether a pool that is not here is gone: right after a start workers may not have been heard of yet. */
  are_all_known = true;

  constructor(groups: () => Iterable<Group>) {
    this.#groups = groups;
  }

  get all(): IterableIterator<PoolState> {
    return this.#pools.values();
  }

  get(name: string): PoolState | undefined {
    return this.#pools.get(name);
  }

  /** The pool of that name; new when it was not known. */
  known(name: string): PoolState {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = new PoolState(name, this.#next_index++);
      this.#pools.set(name, pool);
    }
    return pool;
  }

  /** Takes over what the fleet says, if that is something new. */
  sync(fleet: ReadonlyMap<string, Pool>, now: number): void {
    if (fleet === this.#fleet) return;
    this.#fleet = fleet;
    this.version++;
    this.slots = 0;
    for (const pool of this.#pools.values()) {
      if (fleet.has(pool.name)) continue;
      if (pool.emitted.size === 0) this.#remove(pool);
      else if (pool.offer !== undefined) {
        this.#detach(pool);
        pool.update(undefined, now);
      }
    }
    for (const each of fleet.values()) {
      const pool = this.known(each.pool);
      const offered = pool.offer;
      pool.update(each, now);
      this.slots += each.slots;
      if (offered === undefined || offered !== each.offer) {
        this.#detach(pool);
        for (const group of this.#groups()) this.#attach(pool, group);
      }
      this.wake(pool);
    }
    if (this.#next_index > 64 && this.#next_index > this.#pools.size * 2) this.#renumber();
  }

  /** A group has come up: who serves it? */
  addGroup(group: Group): void {
    if (group.need.pool !== null) {
      const pool = this.#pools.get(group.need.pool);
      if (pool !== undefined) this.#attach(pool, group);
    } else for (const pool of this.#pools.values()) this.#attach(pool, group);
  }

  removeGroup(group: Group): void {
    for (const pool of group.pools) pool.groups = pool.groups.filter((other) => other !== group);
    group.pools = [];
  }

  /** A slot or a place in the queue of the pool has become free, or there is another reason to ask it anew. */
  wake(pool: PoolState): void {
    this.#hungry.delete(pool);
    if (pool.offer !== undefined) this.#open.add(pool);
  }

  /** A group has got work: a pool that had found nothing may want it. */
  wakeFor(groups: ReadonlySet<Group>): void {
    for (const pool of this.#hungry) {
      if (pool.groups.some((group) => groups.has(group))) this.wake(pool);
    }
  }

  wakeAll(now: number): void {
    this.#woken_at_ms = now;
    for (const pool of this.#hungry) this.wake(pool);
  }

  /** What a pool may and wants to take changes with time alone, too. */
  wakeStale(now: number): void {
    if (now - this.#woken_at_ms >= STALE_MS) this.wakeAll(now);
  }

  /** The pools to be asked now. The caller puts those back that have room and found nothing. */
  takeOpen(): PoolState[] {
    const open = [...this.#open];
    this.#open.clear();
    return open;
  }

  foundNothing(pool: PoolState): void {
    this.#hungry.add(pool);
  }

  #attach(pool: PoolState, group: Group): void {
    if (pool.offer === undefined || whyNot(group, pool.offer) !== undefined) return;
    pool.groups.push(group);
    group.pools.push(pool);
  }

  #detach(pool: PoolState): void {
    for (const group of pool.groups) group.pools = group.pools.filter((other) => other !== pool);
    pool.groups = [];
    this.#open.delete(pool);
    this.#hungry.delete(pool);
  }

  #remove(pool: PoolState): void {
    this.#detach(pool);
    this.#pools.delete(pool.name);
  }

  #renumber(): void {
    this.#next_index = 0;
    for (const pool of this.#pools.values()) pool.index = this.#next_index++;
    this.numbering++;
  }
}
