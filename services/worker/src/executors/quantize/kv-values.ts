/** Numbers of a cache in few bits: so many numbers of a row share a scale and a lowest value, both in fp16. */
export interface QuantizedCache {
  /** `bits` each: byte i of a row has number i in its lowest bits, and number i + (width * bits / 8) in the next ones. */
  levels: Uint8Array;
  /** fp16, as their bits; one for each block. */
  scales: Uint16Array;
  lows: Uint16Array;
}

/** A division by less than this is one by nothing: a block whose numbers are all alike. As in the graph (kv-cache.ts). */
export const MIN_SCALE = 1e-8;

/**
 * Quantizes rows of `width` numbers, asymmetrically (KIVI, Liu et al., ICML 2024, whose groups of values are these): from the lowest
 * number of a block to its highest in 2^bits levels. Does what the rewritten graph does with the numbers that it appends. Pure.
 */
export function quantizeCache(values: ArrayLike<number>, width: number, bits: number, block: number): QuantizedCache {
  const top = 2 ** bits - 1;
  const bytes = (width * bits) / 8;
  const rows = values.length / width;
  const levels = new Uint8Array(rows * bytes);
  const scales = new Uint16Array(values.length / block);
  const lows = new Uint16Array(values.length / block);
  for (let at = 0; at < scales.length; at++) {
    const first = at * block;
    const { low, high } = rangeOf(values, first, block);
    scales[at] = halfBits((high - low) / top);
    lows[at] = halfBits(low);
    const scale = Math.max(halfValue(scales[at] ?? 0), MIN_SCALE);
    const start = halfValue(lows[at] ?? 0);
    const row = Math.floor(first / width);
    for (let i = 0; i < block; i++) {
      const level = Math.max(0, Math.min(top, Math.round(((values[first + i] ?? 0) - start) / scale)));
      const column = (first % width) + i;
      const byte = row * bytes + (column % bytes);
      levels[byte] = (levels[byte] ?? 0) | (level << (bits * Math.floor(column / bytes)));
    }
  }
  return { levels, scales, lows };
}

/** What quantized rows stand for, in double precision. Pure. */
export function dequantizeCache(cache: QuantizedCache, width: number, bits: number, block: number): Float64Array {
  const { levels, scales, lows } = cache;
  const bytes = (width * bits) / 8;
  const values = new Float64Array((levels.length / bytes) * width);
  for (let i = 0; i < values.length; i++) {
    const column = i % width;
    const byte = levels[Math.floor(i / width) * bytes + (column % bytes)] ?? 0;
    const level = (byte >> (bits * Math.floor(column / bytes))) & (2 ** bits - 1);
    const at = Math.floor(i / block);
    values[i] = level * halfValue(scales[at] ?? 0) + halfValue(lows[at] ?? 0);
  }
  return values;
}

function rangeOf(values: ArrayLike<number>, first: number, count: number): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = first; i < first + count; i++) {
    low = Math.min(low, values[i] ?? 0);
    high = Math.max(high, values[i] ?? 0);
  }
  return { low, high };
}

// Not a Float16Array, which the process that quantizes has to do without (onnx/child-session.ts).
const half = new DataView(new ArrayBuffer(2));

function halfBits(value: number): number {
  half.setFloat16(0, value);
  return half.getUint16(0);
}

function halfValue(bits: number): number {
  half.setUint16(0, bits);
  return half.getFloat16(0);
}
