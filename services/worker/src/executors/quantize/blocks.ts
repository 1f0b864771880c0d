/** The weights of one matrix in small whole numbers: blocks of one column share a scale. */
export interface QuantizedBlocks {
  bits: number;
  block_size: number;
  /** Levels from 0 to 2^bits - 1, by column and then by row; padded to whole blocks with the zero point. */
  levels: Uint8Array;
  /** By column and block. */
  scales: Float32Array;
  /** As `scales`; null where every one is the middle, 2^(bits - 1). */
  zero_points: Uint8Array | null;
}

/** A matrix as ONNX has it for `MatMul`: `rows` values are summed up for each of `columns`. */
export interface Matrix {
  rows: number;
  columns: number;
  at(row: number, column: number): number;
}

/**
 * Quantizes a matrix in blocks of `block_size` rows. With 3 bits or more the middle level is 0, and the largest value of a block
 * is a level itself (as in llama.cpp's Q4_0 and ONNX Runtime's MatMulNBits); with 2 bits each block has a zero point, since of
 * four levels none can be spared. Pure.
 */
export function quantizeBlocks(matrix: Matrix, bits: number, block_size: number): QuantizedBlocks {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(rows / block_size);
  const symmetric = bits > 2;
  const middle = 2 ** (bits - 1);
  const top = 2 ** bits - 1;
  const levels = new Uint8Array(columns * blocks * block_size);
  const scales = new Float32Array(columns * blocks);
  const zero_points = symmetric ? null : new Uint8Array(columns * blocks);
  for (let column = 0; column < columns; column++) {
    for (let block = 0; block < blocks; block++) {
      const first = block * block_size;
      const end = Math.min(rows, first + block_size);
      const range = rangeOf(matrix, column, first, end);
      const { scale, zero } = symmetric ? aroundZero(range, middle) : fromLowToHigh(range, top);
      const at = column * blocks + block;
      scales[at] = scale;
      if (zero_points !== null) zero_points[at] = zero;
      for (let i = 0; i < block_size; i++) {
        const row = first + i;
        const level = row < end && scale !== 0 ? Math.round(matrix.at(row, column) / scale) + zero : zero;
        levels[at * block_size + i] = Math.max(0, Math.min(top, level));
      }
    }
  }
  return { bits, block_size, levels, scales, zero_points };
}

interface Range {
  low: number;
  high: number;
}

function rangeOf(matrix: Matrix, column: number, first: number, end: number): Range {
  let low = 0;
  let high = 0;
  for (let row = first; row < end; row++) {
    const value = matrix.at(row, column);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** The value furthest from 0 is the lowest level: there is one more of them below the middle than above. */
function aroundZero({ low, high }: Range, middle: number): { scale: number; zero: number } {
  const furthest = -low > high ? low : high;
  return { scale: Math.fround(-furthest / middle), zero: middle };
}

function fromLowToHigh({ low, high }: Range, top: number): { scale: number; zero: number } {
  const scale = Math.fround((high - low) / top);
  return { scale, zero: scale === 0 ? 0 : Math.max(0, Math.min(top, Math.round(-low / scale))) };
}

/** What a level stands for. */
export function dequantized(blocks: QuantizedBlocks, rows: number, row: number, column: number): number {
  const { bits, block_size, levels, scales, zero_points } = blocks;
  const at = column * Math.ceil(rows / block_size) + Math.floor(row / block_size);
  const level = levels[at * block_size + (row % block_size)] ?? 0;
  return (level - (zero_points?.[at] ?? 2 ** (bits - 1))) * (scales[at] ?? 0);
}

/** Levels as MatMulNBits stores them: the first in the lowest bits of a byte. Each `run` begins with a byte of its own. */
export function packed(levels: Uint8Array, bits: number, run: number): Uint8Array {
  const bytes_a_run = Math.ceil((run * bits) / 8);
  const bytes = new Uint8Array((levels.length / run) * bytes_a_run);
  for (let i = 0; i < levels.length; i++) {
    const bit = (i % run) * bits;
    const at = Math.floor(i / run) * bytes_a_run + (bit >> 3);
    bytes[at] = (bytes[at] ?? 0) | ((levels[i] ?? 0) << (bit & 7));
  }
  return bytes;
}
