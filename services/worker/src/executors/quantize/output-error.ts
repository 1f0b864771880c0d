import type { OutputError } from './messages.ts';

/** Outputs of one inference that are numbers with a fraction. */
export type FloatOutputs = ReadonlyMap<string, { data: ArrayLike<number>; rows_of: number }>;

/** Compares what two models gave for the same inputs, inference by inference, in double precision. */
export class OutputComparison {
  #signal = 0;
  #noise = 0;
  #product = 0;
  #other = 0;
  #rows = 0;
  #agreed = 0;
  #samples = 0;
  /** Values that are not finite on one side only. */
  not_finite = 0;

  add(reference: FloatOutputs, outputs: FloatOutputs): void {
    this.#samples++;
    for (const [name, { data, rows_of }] of reference) {
      const others = outputs.get(name)?.data ?? [];
      for (let i = 0; i < data.length; i++) {
        const [was = 0, is = 0] = [data[i], others[i]];
        if (Number.isFinite(was) && Number.isFinite(is)) {
          this.#signal += was * was;
          this.#other += is * is;
          this.#product += was * is;
          this.#noise += (was - is) ** 2;
        } else if (!Object.is(was, is)) this.not_finite++;
      }
      if (rows_of < 2) continue;
      for (let row = 0; row + rows_of <= data.length; row += rows_of) {
        this.#rows++;
        if (largest(data, row, rows_of) === largest(others, row, rows_of)) this.#agreed++;
      }
    }
  }

  /** Null where all outputs were 0, or there were none. */
  result(): OutputError | null {
    if (this.#signal === 0) return null;
    return {
      snr_db: decibels(this.#signal, this.#noise),
      cosine: this.#other === 0 ? 0 : this.#product / Math.sqrt(this.#signal * this.#other),
      relative_error: Math.sqrt(this.#noise / this.#signal),
      top1_agreement: this.#rows === 0 ? null : this.#agreed / this.#rows,
      samples: this.#samples,
    };
  }
}

/** A ratio of energies in decibels; null for no noise, whose ratio is no number. */
export function decibels(signal: number, noise: number): number | null {
  return noise === 0 ? null : 10 * Math.log10(signal / noise);
}

function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[from + i] ?? 0) > (values[from + best] ?? 0)) best = i;
  return best;
}
