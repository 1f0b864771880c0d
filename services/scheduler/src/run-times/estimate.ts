/** How long an attempt is expected to take, and how sure that is. */
export interface Expectation {
  readonly seconds: number;
  /** One standard deviation. */
  readonly spread_seconds: number;
  /**
   * What it is learned from: completed attempts in this pool; in other pools of the class; in other classes; or
   * (`timeout`) only attempts that were cut off in this pool, so that it takes at least this long.
   */
  readonly basis: 'pool' | 'class' | 'any_class' | 'timeout';
  /** Completed attempts behind it. */
  readonly samples: number;
}

/**
 * The weight of a new run time: 1/8, which is what TCP gives a new round-trip time (RFC 6298, section 2.3). What was
 * learned has lost half its weight after 5.2 further attempts: late enough that one odd attempt moves little, soon
 * enough that a new version of a model is known after a dozen. It is counted in attempts and not in time, because a
 * machine left alone for a week has become no other (a new driver or kernel makes another pool).
 */
const WEIGHT = 1 / 8;
/** So many equal observations would be as sure of the spread as the weighted ones: 1 / (the sum of squared weights). */
const EFFECTIVE_SAMPLES = (2 - WEIGHT) / WEIGHT;

/** As a share of the expected seconds, the spread at least: how far off other hardware than was observed may well be. */
const DOUBT = { pool: 0, class: 1 / 2, any_class: 1 } as const;

/**
 * A mean and a spread that forget, by the incremental formulas of T. Finch, "Incremental calculation of weighted mean
 * and variance" (2009), section 9. The first 1/WEIGHT observations weigh alike, so until then this is the plain mean,
 * in whatever order they come.
 */
export class Estimate {
  #basis: keyof typeof DOUBT;
  #samples = 0;
  #mean = 0;
  #variance = 0;
  #newest = Number.NEGATIVE_INFINITY;
  /** Asked for far more often than it changes. */
  #expectation: Expectation | undefined;

  constructor(basis: keyof typeof DOUBT) {
    this.#basis = basis;
  }

  /** @param order - of two observations the larger is the newer; an old one that comes late must not pass for news */
  add(seconds: number, order: number): void {
    if (order < this.#newest && this.#samples >= 1 / WEIGHT) return;
    this.#newest = Math.max(this.#newest, order);
    this.#samples++;
    const weight = Math.max(WEIGHT, 1 / this.#samples);
    const difference = seconds - this.#mean;
    this.#mean += weight * difference;
    this.#variance = (1 - weight) * (this.#variance + weight * difference * difference);
    this.#expectation = undefined;
  }

  /** Undefined before the first observation. */
  get expectation(): Expectation | undefined {
    if (this.#samples === 0) return undefined;
    this.#expectation ??= {
      seconds: this.#mean,
      spread_seconds: Math.max(this.#spread(), this.#mean * DOUBT[this.#basis]),
      basis: this.#basis,
      samples: this.#samples,
    };
    return this.#expectation;
  }

  #spread(): number {
    // One observation says nothing about the spread; half of it is RFC 6298's first guess (section 2.2).
    if (this.#samples === 1) return this.#mean / 2;
    const effective = Math.min(this.#samples, EFFECTIVE_SAMPLES);
    return Math.sqrt((this.#variance * effective) / (effective - 1));
  }
}
