import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { Estimate, type Expectation } from './estimate.ts';
import { type Amount, PoolSpeeds } from './pool-speeds.ts';

/** What is known of one workload. */
interface Knowledge {
  pools: Map<string, Estimate>;
  classes: Map<HardwareClass, Estimate>;
  any: Estimate;
  /** Undefined while no pool whose class is known has completed it. */
  amount: Amount | undefined;
  /** By pool in which none has completed yet: how long the longest ran before it was cut off. */
  cut_off: Map<string, number>;
}

/**
 * How long attempts take, learned from those that have completed: by workload (`workloadKey`) and pool. Where a pool is
 * new to a workload its class answers, then the other classes, each with a wider spread; where nothing is known the
 * answer is undefined. Pure, O(1), and bounded: the workload that was observed longest ago is forgotten first.
 */
export class RunTimes {
  #known = new Map<string, Knowledge>();
  readonly #speeds = new PoolSpeeds();
  #size = 0;
  #max_entries: number;

  /** @param max_entries - pairs of workload and pool that are remembered */
  constructor(max_entries = 100_000) {
    this.#max_entries = max_entries;
  }

  /** Pairs of workload and pool that are remembered. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes in a completed attempt.
   * @param class_ - undefined when nobody knows any more what the pool was
   * @param order - larger for what happened later, such as the sequence in OUTCOMES
   */
  observe(workload: string, pool: string, class_: HardwareClass | undefined, seconds: number, order: number): void {
    const known = this.#toLearn(workload);
    const before = sizeOf(known);
    known.cut_off.delete(pool);
    if (class_ !== undefined && !known.pools.has(pool))
      known.amount = this.#speeds.learn(known.amount, pool, class_, seconds);
    estimateOf(known.pools, pool, 'pool').add(seconds, order);
    if (class_ !== undefined) estimateOf(known.classes, class_, 'class').add(seconds, order);
    known.any.add(seconds, order);
    this.#grown(sizeOf(known) - before);
  }

  /**
   * Takes in an attempt that its timeout cut off after so many seconds: a censored observation, of which only the lower
   * bound is known. It counts until an attempt completes in that pool; after that, a timeout is taken for a hang.
   */
  observeTimeout(workload: string, pool: string, seconds: number): void {
    const known = this.#toLearn(workload);
    const before = sizeOf(known);
    if (!known.pools.has(pool)) known.cut_off.set(pool, Math.max(seconds, known.cut_off.get(pool) ?? 0));
    this.#grown(sizeOf(known) - before);
  }

  /** How long an attempt is expected to take in a pool of that class; undefined when nothing at all is known. */
  expect(workload: string, pool: string, class_: HardwareClass): Expectation | undefined {
    const known = this.#known.get(workload);
    if (known === undefined) return undefined;
    const own = known.pools.get(pool)?.expectation;
    if (own !== undefined) return own;
    const elsewhere = answerFor(known, class_);
    const cut_off = known.cut_off.get(pool);
    return cut_off === undefined ? elsewhere : atLeast(cut_off, elsewhere);
  }

  /** The seconds that it takes a pool in which it has never run, by how fast that pool does other work (pool-speeds.ts). */
  expectBySpeed(workload: string, pool: string, class_: HardwareClass): number | undefined {
    const amount = this.#known.get(workload)?.amount;
    return amount === undefined ? undefined : this.#speeds.expect(amount, pool, class_);
  }

  /** As `expect`, for a pool of that class in which it has never run. */
  expectByClass(workload: string, class_: HardwareClass): Expectation | undefined {
    const known = this.#known.get(workload);
    return known === undefined ? undefined : answerFor(known, class_);
  }

  /** Whether `expect` has an answer for some pool. */
  knows(workload: string): boolean {
    return this.#known.has(workload);
  }

  /** The pools in which it has run, where `expect` may differ from `expectByClass`. */
  *poolsOf(workload: string): Generator<string> {
    const known = this.#known.get(workload);
    if (known === undefined) return;
    yield* known.pools.keys();
    yield* known.cut_off.keys();
  }

  /** The pool in which it has completed most often; undefined where it has in none. */
  homeOf(workload: string): string | undefined {
    let home: string | undefined;
    let most = 0;
    for (const [pool, { expectation }] of this.#known.get(workload)?.pools ?? []) {
      const samples = expectation?.samples ?? 0;
      if (samples <= most) continue;
      most = samples;
      home = pool;
    }
    return home;
  }

  #toLearn(workload: string): Knowledge {
    const known = this.#known.get(workload) ?? {
      pools: new Map(),
      classes: new Map(),
      any: new Estimate('any_class'),
      amount: undefined,
      cut_off: new Map(),
    };
    // A Map keeps the order of insertion: the first key is then the one observed longest ago.
    this.#known.delete(workload);
    this.#known.set(workload, known);
    return known;
  }

  #grown(by: number): void {
    this.#size += by;
    if (this.#size <= this.#max_entries) return;
    // A tenth at once: a Map finds its first key only behind the gaps that earlier ones have left.
    for (const [workload, known] of this.#known) {
      if (this.#size <= this.#max_entries * 0.9) return;
      this.#known.delete(workload);
      this.#size -= sizeOf(known);
    }
  }
}

function answerFor(known: Knowledge, class_: HardwareClass): Expectation | undefined {
  return known.classes.get(class_)?.expectation ?? known.any.expectation;
}

function atLeast(seconds: number, elsewhere: Expectation | undefined): Expectation {
  if (elsewhere !== undefined && elsewhere.seconds >= seconds) return elsewhere;
  return { seconds, spread_seconds: seconds, basis: 'timeout', samples: elsewhere?.samples ?? 0 };
}

function estimateOf<K>(estimates: Map<K, Estimate>, key: K, basis: 'pool' | 'class'): Estimate {
  let estimate = estimates.get(key);
  if (estimate === undefined) {
    estimate = new Estimate(basis);
    estimates.set(key, estimate);
  }
  return estimate;
}

function sizeOf(known: Knowledge): number {
  return known.pools.size + known.cut_off.size;
}
