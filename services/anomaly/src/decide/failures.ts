import { binomialAtLeast } from '@benchwire/shared/stats/binomial.ts';

/** One attempt of a benchmark on a pool. */
export interface Ended {
  benchmark: string;
  pool: string;
  failed: boolean;
}

/** A benchmark that fails more than it did, or more than elsewhere. */
export interface FailurePattern {
  failed: number;
  of: number;
  /** What it is held against. */
  before: { share: number; n: number; where: 'before' | 'other pools' };
  /** Chance of as many failures if nothing were different. */
  p_value: number;
}

interface Counted {
  recent: boolean[];
  failed_before: number;
  before: number;
  isTold: boolean;
}

const RECENT = 10;
/** Attempts that make a share worth comparing with. */
const MIN_BEFORE = 20;
const MAX_BEFORE = 500;
const RARE = 1e-4;
/** So few failures in the recent ones end a pattern. */
const OVER = 1;
const MAX_PLACES = 50_000;

/** How often each benchmark fails on each pool. */
export class Failures {
  #places = new Map<string, Counted>();
  #pools = new Map<string, Set<string>>();

  /** Takes the end of an attempt. A pattern is told once, until it is over. */
  add({ benchmark, pool, failed }: Ended): FailurePattern | undefined {
    const place = this.#place(benchmark, pool);
    place.recent.push(failed);
    if (place.recent.length > RECENT) {
      if (place.recent.shift() === true) place.failed_before++;
      place.before++;
      if (place.before > MAX_BEFORE) {
        place.failed_before /= 2;
        place.before /= 2;
      }
    }
    const count = place.recent.filter(Boolean).length;
    if (count <= OVER) place.isTold = false;
    if (!failed || place.isTold || count < 3 || place.recent.length < RECENT) return undefined;
    const own = { failed: place.failed_before, n: place.before };
    const found = compare(count, own, 'before') ?? compare(count, this.#elsewhere(benchmark, pool), 'other pools');
    if (found !== undefined) place.isTold = true;
    return found;
  }

  #place(benchmark: string, pool: string): Counted {
    const key = `${benchmark}\n${pool}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const made: Counted = { recent: [], failed_before: 0, before: 0, isTold: false };
    this.#places.set(key, made);
    const pools = this.#pools.get(benchmark) ?? new Set();
    this.#pools.set(benchmark, pools.add(pool));
    if (this.#places.size > MAX_PLACES) this.#forget();
    return made;
  }

  #forget(): void {
    const [oldest] = this.#places.keys();
    if (oldest === undefined) return;
    const [benchmark = '', pool = ''] = oldest.split('\n');
    this.#places.delete(oldest);
    this.#pools.get(benchmark)?.delete(pool);
  }

  #elsewhere(benchmark: string, pool: string): { failed: number; n: number } {
    const sum = { failed: 0, n: 0 };
    for (const other of this.#pools.get(benchmark) ?? []) {
      if (other === pool) continue;
      const place = this.#places.get(`${benchmark}\n${other}`);
      if (place === undefined) continue;
      sum.failed += place.failed_before + place.recent.filter(Boolean).length;
      sum.n += place.before + place.recent.length;
    }
    return sum;
  }
}

function compare(
  count: number,
  usual: { failed: number; n: number },
  where: FailurePattern['before']['where'],
): FailurePattern | undefined {
  if (usual.n < MIN_BEFORE) return undefined;
  // As if one more had failed and one not: none seen is no proof of none.
  const share = (usual.failed + 1) / (usual.n + 2);
  const p_value = binomialAtLeast(count, RECENT, share);
  if (p_value >= RARE) return undefined;
  return {
    failed: count,
    of: RECENT,
    before: { share: usual.failed / usual.n, n: Math.round(usual.n), where },
    p_value,
  };
}
