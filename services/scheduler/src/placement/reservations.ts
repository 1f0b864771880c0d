import type { Reservation } from '@benchwire/shared/contracts/scheduler.ts';
import type { Lane, PoolState } from '../state/model.ts';

interface Window {
  reservation: Reservation;
  from_ms: number;
  until_ms: number;
}

/** Pools that are kept for somebody for a while: a fold over the bucket `reservations`. */
export class Reservations {
  #by_pool = new Map<string, Window[]>();
  /** Counts up with every change. */
  version = 0;

  get all(): Reservation[] {
    return [...this.#by_pool.values()].flat().map(({ reservation }) => reservation);
  }

  apply(reservation: Reservation): void {
    this.#forget(reservation.id);
    const windows = this.#by_pool.get(reservation.pool) ?? [];
    this.#by_pool.set(reservation.pool, windows);
    const { from, until } = reservation;
    windows.push({ reservation, from_ms: Date.parse(from), until_ms: Date.parse(until) });
    this.version++;
  }

  remove(id: string): void {
    if (this.#forget(id)) this.version++;
  }

  /** Those that are over. */
  past(now: number): Reservation[] {
    return this.all.filter(({ until }) => Date.parse(until) <= now);
  }

  /** One of the same pool whose time overlaps, if there is one. */
  conflictOf(wanted: Reservation): Reservation | undefined {
    const from_ms = Date.parse(wanted.from);
    const until_ms = Date.parse(wanted.until);
    const windows = this.#by_pool.get(wanted.pool) ?? [];
    return windows.find((window) => window.from_ms < until_ms && from_ms < window.until_ms)?.reservation;
  }

  /**
   * Why a task must not start in a pool now because the pool is kept for somebody else; undefined where it may. It must
   * not be expected to run into the time of a reservation either.
   * @param expectedMs - how long it is expected to run; asked only where that matters
   */
  obstacle(lane: Lane, pool: PoolState, now: number, expectedMs: () => number): string | undefined {
    const windows = this.#by_pool.get(pool.name);
    if (windows === undefined) return undefined;
    for (const { reservation, from_ms, until_ms } of windows) {
      if (now >= until_ms || isFor(reservation, lane)) continue;
      const whom = reservation.tenant === null ? `run ${reservation.run_id}` : `the tenant ${reservation.tenant}`;
      if (now >= from_ms) return `it is reserved for ${whom} until ${reservation.until}`;
      if (now + pool.waitMs(now) + expectedMs() > from_ms)
        return `it is reserved for ${whom} from ${reservation.from} on, and this would probably run into it`;
    }
    return undefined;
  }

  #forget(id: string): boolean {
    for (const [pool, windows] of this.#by_pool) {
      const kept = windows.filter(({ reservation }) => reservation.id !== id);
      if (kept.length === windows.length) continue;
      if (kept.length === 0) this.#by_pool.delete(pool);
      else this.#by_pool.set(pool, kept);
      return true;
    }
    return false;
  }
}

function isFor({ tenant, run_id }: Reservation, { tenant: own, run }: Lane): boolean {
  return tenant === null ? run_id === run.submitted.run_id : tenant === own.name;
}
