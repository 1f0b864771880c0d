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
  const count = pools.length;
  const logs = new Float64Array(count);
  for (let p = 0; p < count; p++) logs[p] = Math.log(start?.[p] ?? 1);
  const log_times = logsOf(rows);
  const served = new Uint8Array(count);
  for (const { times_ms } of rows) for (let p = 0; p < count; p++) if (Number.isFinite(times_ms[p])) served[p] = 1;
  const loads_ms = new Float64Array(count);
  const shares = new Float64Array(count);

  for (let iteration = 0; iteration < iterations; iteration++) {
    spread(rows, pools, log_times, logs, shares, loads_ms);
    let sum = 0;
    let slots = 0;
    for (let p = 0; p < count; p++) {
      if (served[p] === 0) continue;
      sum += (loads_ms[p] ?? 0) * (pools[p]?.slots ?? 0);
      slots += pools[p]?.slots ?? 0;
    }
    const mean = sum / Math.max(1, slots);
    if (mean <= 0) break;
    let worst = 0;
    for (let p = 0; p < count; p++) {
      if (served[p] === 0) continue;
      const off = Math.max(-3, Math.min(3, Math.log(((loads_ms[p] ?? 0) + mean * 1e-6) / mean)));
      worst = Math.max(worst, Math.abs(off));
      logs[p] = Math.max(-MAX_LOG_PRICE, Math.min(MAX_LOG_PRICE, (logs[p] ?? 0) + STEP * off));
    }
    if (worst < CLOSE_ENOUGH) break;
  }
  return logs.map(Math.exp);
}

/** How long each pool works if every row goes where it is cheapest at those prices, busy time included, in milliseconds. */
export function loadsAt(rows: readonly Row[], pools: readonly Load[], prices: Float64Array): Float64Array {
  const loads_ms = new Float64Array(pools.length);
  spread(rows, pools, logsOf(rows), prices.map(Math.log), new Float64Array(pools.length), loads_ms);
  return loads_ms;
}

function logsOf(rows: readonly Row[]): Float64Array[] {
  return rows.map((row) => Float64Array.from(row.times_ms, Math.log));
}

/** Spreads each row over the pools by what it costs there, and adds up how long each pool works. */
function spread(
  rows: readonly Row[],
  pools: readonly Load[],
  log_times: readonly Float64Array[],
  logs: Float64Array,
  shares: Float64Array,
  loads_ms: Float64Array,
): void {
  const count = pools.length;
  for (let p = 0; p < count; p++) loads_ms[p] = (pools[p]?.busy_ms ?? 0) / Math.max(1, pools[p]?.slots ?? 1);
  for (const [r, row] of rows.entries()) {
    const times = log_times[r] ?? [];
    let cheapest = Number.POSITIVE_INFINITY;
    for (let p = 0; p < count; p++) cheapest = Math.min(cheapest, (logs[p] ?? 0) + (times[p] ?? 0));
    if (cheapest === Number.POSITIVE_INFINITY) continue;
    let total = 0;
    for (let p = 0; p < count; p++) {
      const dearer = (logs[p] ?? 0) + (times[p] ?? 0) - cheapest;
      // Beyond this a share is a millionth.
      const share = dearer > 0.6 ? 0 : (pools[p]?.slots ?? 0) * Math.exp(-SHARPNESS * dearer);
      shares[p] = share;
      total += share;
    }
    for (let p = 0; p < count; p++) {
      const share = shares[p] ?? 0;
      if (share === 0) continue;
      loads_ms[p] =
        (loads_ms[p] ?? 0) + (row.tasks * (share / total) * (row.times_ms[p] ?? 0)) / (pools[p]?.slots ?? 1);
    }
  }
}
