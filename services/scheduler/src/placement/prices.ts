/** Work that waits: tasks that take equally long on the same pool. */
export interface Row {
  tasks: number;
  /** Expected run time by pool, in the order of `Load[]`; infinite where it cannot run. */
  times_ms: ArrayLike<number>;
}

/** A pool: how much it can do at once, and what it is busy with. */
export interface Load {
  slots: number;
  /** Slot time that what it already has will take. */
  busy_ms: number;
}

/** How sharply work prefers the cheapest pool: one that costs 10 % more gets a tenth of its share. */
const SHARPNESS = 24;
const STEP = 1 / SHARPNESS;
const CLOSE_ENOUGH = 0.02;
const MAX_LOG_PRICE = 12;

/**
 * What the pools' time is worth, so that the waiting work spread by cost (price times run time) keeps all of them busy
 * equally long. These are the dual variables of the linear program "spread the work over the pools so that the last one
 * is done as early as possible" (Lenstra, Shmoys and Tardos 1990 for unrelated machines); at its optimum each task runs
 * where it is cheapest. A pool that is overrun becomes dearer and one that nobody wants cheaper, step by step, as in a
 * market (tâtonnement). Pure.
 *
 * @param start - prices to begin with, such as those of a moment ago
 * @returns what a millisecond of a slot costs, by pool
 */
export function solvePrices(
  rows: readonly Row[],
  pools: readonly Load[],
  start: ArrayLike<number> | undefined,
  iterations: number,
): Float64Array {
  const market = marketOf(rows, pools);
  const { slots, served } = market;
  const logs = Float64Array.from(pools, (_, p) => Math.log(start?.[p] ?? 1));
  const loads_ms = new Float64Array(pools.length);
  let total_slots = 0;
  for (const p of served) total_slots += slots[p] as number;
  for (let iteration = 0; iteration < iterations; iteration++) {
    spread(market, logs, loads_ms);
    let sum = 0;
    for (const p of served) sum += (loads_ms[p] as number) * (slots[p] as number);
    const mean = sum / Math.max(1, total_slots);
    if (mean <= 0) break;
    let worst = 0;
    for (const p of served) {
      const off = Math.max(-3, Math.min(3, Math.log(((loads_ms[p] as number) + mean * 1e-6) / mean)));
      worst = Math.max(worst, Math.abs(off));
      logs[p] = Math.max(-MAX_LOG_PRICE, Math.min(MAX_LOG_PRICE, (logs[p] as number) + STEP * off));
    }
    if (worst < CLOSE_ENOUGH) break;
  }
  return logs.map(Math.exp);
}

/** How long each pool works if every row goes where it is cheapest at those prices, busy time included, in milliseconds. */
export function loadsAt(rows: readonly Row[], pools: readonly Load[], prices: Float64Array): Float64Array {
  const loads_ms = new Float64Array(pools.length);
  spread(marketOf(rows, pools), prices.map(Math.log), loads_ms);
  return loads_ms;
}

/** Rows and pools as arrays of numbers, since they are gone through hundreds of times. */
interface Market {
  slots: Float64Array;
  /** How long each pool is busy with what it has. */
  busy_ms: Float64Array;
  /** Pools that some row can run on. */
  served: Int32Array;
  rows: Array<{ tasks: number; pools: Int32Array; times_ms: Float64Array; logs: Float64Array; shares: Float64Array }>;
}

function marketOf(rows: readonly Row[], pools: readonly Load[]): Market {
  const served = new Set<number>();
  const made = rows.map(({ tasks, times_ms }) => {
    const fitting: number[] = [];
    for (let p = 0; p < pools.length; p++) if (Number.isFinite(times_ms[p])) fitting.push(p);
    for (const p of fitting) served.add(p);
    const times = Float64Array.from(fitting, (p) => times_ms[p] ?? 0);
    const shares = new Float64Array(fitting.length);
    return { tasks, pools: Int32Array.from(fitting), times_ms: times, logs: times.map(Math.log), shares };
  });
  return {
    slots: Float64Array.from(pools, (pool) => pool.slots),
    busy_ms: Float64Array.from(pools, (pool) => pool.busy_ms / Math.max(1, pool.slots)),
    served: Int32Array.from(served),
    rows: made,
  };
}

/** Spreads each row over the pools by what it costs there, and adds up how long each pool works. */
function spread(market: Market, log_prices: Float64Array, loads_ms: Float64Array): void {
  const { slots, busy_ms, rows } = market;
  loads_ms.set(busy_ms);
  for (const { tasks, pools, times_ms, logs, shares } of rows) {
    const count = pools.length;
    let cheapest = Number.POSITIVE_INFINITY;
    for (let n = 0; n < count; n++) {
      const cost = (log_prices[pools[n] as number] as number) + (logs[n] as number);
      shares[n] = cost;
      if (cost < cheapest) cheapest = cost;
    }
    let total = 0;
    for (let n = 0; n < count; n++) {
      const dearer = (shares[n] as number) - cheapest;
      // Beyond this a share is a millionth.
      const share = dearer > 0.6 ? 0 : (slots[pools[n] as number] as number) * Math.exp(-SHARPNESS * dearer);
      shares[n] = share;
      total += share;
    }
    if (total === 0) continue;
    for (let n = 0; n < count; n++) {
      const share = shares[n] as number;
      if (share === 0) continue;
      const p = pools[n] as number;
      loads_ms[p] =
        (loads_ms[p] as number) + (tasks * (share / total) * (times_ms[n] as number)) / (slots[p] as number);
    }
  }
}
