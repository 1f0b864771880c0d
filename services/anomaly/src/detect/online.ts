/** Values of a series before anything can be suspected. */
const WARM_UP = 8;
/** Allowance of the cumulative sums, and where they raise a suspicion, in units of the series' noise. */
const ALLOWANCE = 0.5;
const SUSPICIOUS = 3;
/** No value counts for more than this: one spike alone is no suspicion. */
const CLIP = 2.5;
/** How fast level and noise follow: as the mean of about the last 30 and 50 values. */
const LEVEL_GAIN = 1 / 30;
const SCALE_GAIN = 1 / 50;
/** A suspicion need not be waited for: every so many values the whole series is looked at. Drift is found so. */
const REVIEW_EVERY = 25;
/** Mean |difference| of two normal values, in standard deviations, inverted: sqrt(π) / 2. */
const DIFFERENCE_TO_SIGMA = 0.886226925452758;

const FIRST_CAPACITY = 1024;

/**
 * The state of many series for the test on every point: an outlier-proof level and noise, and a two-sided cumulative sum
 * (CUSUM, Page 1954) of clipped scores. Structure of arrays: 28 bytes a series.
 */
export class OnlineSeries {
  #level = new Float64Array(FIRST_CAPACITY);
  #last = new Float64Array(FIRST_CAPACITY);
  #scale = new Float32Array(FIRST_CAPACITY);
  #up = new Float32Array(FIRST_CAPACITY);
  #down = new Float32Array(FIRST_CAPACITY);
  #count = new Uint32Array(FIRST_CAPACITY);
  #size = 0;

  /** A slot for one more series. */
  add(): number {
    if (this.#size === this.#count.length) this.#grow();
    return this.#size++;
  }

  get size(): number {
    return this.#size;
  }

  /** Values that the series of this slot has had. */
  count(slot: number): number {
    return this.#count[slot] as number;
  }

  /**
   * Takes the next value of a series, in constant time.
   * @param value - finite
   * @returns whether its level may have moved, or it is time to look at the whole series
   */
  append(slot: number, value: number): boolean {
    const n = this.#count[slot] as number;
    const last = this.#last[slot] as number;
    this.#count[slot] = n + 1;
    this.#last[slot] = value;
    if (n === 0) {
      this.#level[slot] = value;
      return false;
    }
    const scale = this.#scale[slot] as number;
    const level = this.#level[slot] as number;
    const difference = Math.abs(value - last) * DIFFERENCE_TO_SIGMA;
    if (n < WARM_UP) {
      this.#scale[slot] = scale + (difference - scale) / n;
      this.#level[slot] = level + (value - level) / (n + 1);
      return false;
    }
    const seen = scale > 0 ? Math.min(difference, 3 * scale) : difference;
    const next = scale + (seen - scale) * Math.max(1 / n, SCALE_GAIN);
    this.#scale[slot] = next;
    const score = next > 0 ? Math.max(-CLIP, Math.min(CLIP, (value - level) / next)) : 0;
    this.#level[slot] = level + score * next * Math.max(1 / n, LEVEL_GAIN);
    const up = Math.max(0, (this.#up[slot] as number) + score - ALLOWANCE);
    const down = Math.max(0, (this.#down[slot] as number) - score - ALLOWANCE);
    this.#up[slot] = up;
    this.#down[slot] = down;
    return up > SUSPICIOUS || down > SUSPICIOUS || (n + 1) % REVIEW_EVERY === 0;
  }

  /** Begins a series anew: as a slot that `add` has just given. */
  reset(slot: number): void {
    for (const array of [this.#level, this.#last, this.#scale, this.#up, this.#down, this.#count]) array[slot] = 0;
  }

  /** The review found nothing new: half of the suspicion is forgotten. */
  relax(slot: number): void {
    this.#up[slot] = (this.#up[slot] as number) / 2;
    this.#down[slot] = (this.#down[slot] as number) / 2;
  }

  /** The review found where the series is now. */
  rebase(slot: number, level: number): void {
    this.#level[slot] = level;
    this.#up[slot] = 0;
    this.#down[slot] = 0;
  }

  /** Of the arrays. */
  get bytes(): number {
    return [this.#level, this.#last, this.#scale, this.#up, this.#down, this.#count].reduce(
      (sum, array) => sum + array.byteLength,
      0,
    );
  }

  #grow(): void {
    const capacity = this.#count.length * 2;
    const grown = <T extends Float64Array | Float32Array | Uint32Array>(array: T, larger: T): T => {
      larger.set(array);
      return larger;
    };
    this.#level = grown(this.#level, new Float64Array(capacity));
    this.#last = grown(this.#last, new Float64Array(capacity));
    this.#scale = grown(this.#scale, new Float32Array(capacity));
    this.#up = grown(this.#up, new Float32Array(capacity));
    this.#down = grown(this.#down, new Float32Array(capacity));
    this.#count = grown(this.#count, new Uint32Array(capacity));
  }
}
