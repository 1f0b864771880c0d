import type { PoolDemand } from '@benchwire/shared/contracts/status.ts';

/** One pool is reported no sooner than this after its last report … */
const SPACING_MS = 5000;
/** … and no later than this, changed or not. */
const HEARTBEAT_MS = 15 * 60_000;
/**
 * Reports of all pools together: so many at once, and so many a second on average. EVENTS keeps 7 days, so this bounds
 * what they take there: 1.2 million of some 500 bytes, 0.6 GB, however many pools there are and however busy they are.
 */
const BURST = 100;
const PER_SECOND = 2;

/** The figures that count: a pool is reported when one of them has come up, gone, or changed by more than a quarter. */
const FIGURES = ['workers', 'slots', 'waiting', 'running', 'emitted', 'expected_work_seconds'] as const;

/**
 * Chooses which pools' demand is worth an event now: the live view has it every second, but events are kept. Those that
 * have waited longest for a report come first.
 */
export class DemandReports {
  #reported = new Map<string, { demand: PoolDemand; at_ms: number }>();
  #allowance = BURST;
  #refilled_ms: number;

  constructor(now: number) {
    this.#refilled_ms = now;
  }

  /** @param pools - the demand of every pool there is; one that was reported and is no longer among them has gone */
  due(pools: readonly PoolDemand[], now: number): PoolDemand[] {
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#refilled_ms) / 1000) * PER_SECOND);
    this.#refilled_ms = now;
    const present = new Set(pools.map(({ pool }) => pool));
    const gone = [...this.#reported.values()].flatMap(({ demand }) =>
      present.has(demand.pool) ? [] : [emptied(demand)],
    );
    const due = [...pools, ...gone]
      .filter((demand) => this.#isDue(demand, now))
      .sort((a, b) => this.#reportedAt(a) - this.#reportedAt(b))
      .slice(0, Math.floor(this.#allowance));
    this.#allowance -= due.length;
    for (const demand of due) {
      if (present.has(demand.pool)) this.#reported.set(demand.pool, { demand, at_ms: now });
      else this.#reported.delete(demand.pool);
    }
    return due;
  }

  #isDue(demand: PoolDemand, now: number): boolean {
    const last = this.#reported.get(demand.pool);
    if (last === undefined) return true;
    const since_ms = now - last.at_ms;
    if (since_ms >= HEARTBEAT_MS) return true;
    return since_ms >= SPACING_MS && FIGURES.some((figure) => isMaterial(last.demand[figure], demand[figure]));
  }

  #reportedAt({ pool }: PoolDemand): number {
    return this.#reported.get(pool)?.at_ms ?? Number.NEGATIVE_INFINITY;
  }
}

function isMaterial(before: number, after: number): boolean {
  return Math.abs(after - before) > Math.max(before, after) / 4;
}

function emptied(demand: PoolDemand): PoolDemand {
  return {
    ...demand,
    workers: 0,
    slots: 0,
    emitted: 0,
    waiting: 0,
    running: 0,
    oldest_wait_seconds: 0,
    expected_work_seconds: 0,
    unknown_work_tasks: 0,
  };
}
