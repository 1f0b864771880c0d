import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dequantized, packed, quantizeBlocks } from './blocks.ts';

const matrixOf = (rows: number, columns: number, values: readonly number[]) => ({
  rows,
  columns,
  at: (row: number, column: number): number => values[row * columns + column] ?? 0,
});

const case_ = fc.record({
  rows: fc.integer({ min: 1, max: 70 }),
  columns: fc.integer({ min: 1, max: 4 }),
  bits: fc.constantFrom(2, 3, 4, 8),
  block_size: fc.constantFrom(16, 32),
  seed: fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 280, maxLength: 280 }),
});

describe('quantizeBlocks', () => {
  test('every weight is off by at most half a step of its block, and by one step at the end that has a level less', () => {
    fc.assert(
      fc.property(case_, ({ rows, columns, bits, block_size, seed }) => {
        const matrix = matrixOf(rows, columns, seed);
        const blocks = quantizeBlocks(matrix, bits, block_size);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const at = column * Math.ceil(rows / block_size) + Math.floor(row / block_size);
            const step = Math.abs(blocks.scales[at] ?? 0);
            const off = Math.abs(matrix.at(row, column) - dequantized(blocks, rows, row, column));
            expect(off).toBeLessThanOrEqual(step * 1.0001 + 1e-30);
            const level = blocks.levels[at * block_size + (row % block_size)] ?? 0;
            if (level > 0 && level < 2 ** bits - 1) expect(off).toBeLessThanOrEqual(step * 0.5001 + 1e-30);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('zeros stay zeros, and the largest value of a block is exact from 3 bits on', () => {
    const values = [0, 0.5, -2, 1, 0, 0.25];
    for (const bits of [3, 4, 8]) {
      const blocks = quantizeBlocks(matrixOf(6, 1, values), bits, 16);
      expect(dequantized(blocks, 6, 0, 0)).toBe(0);
      expect(dequantized(blocks, 6, 2, 0)).toBe(-2);
    }
    const nothing = quantizeBlocks(matrixOf(6, 1, []), 2, 16);
    expect(dequantized(nothing, 6, 3, 0)).toBe(0);
  });
});

test('packed levels can be read back, each run from a byte of its own', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(2, 4, 8),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      (bits, run, runs) => {
        const levels = Uint8Array.from({ length: run * runs }, (_, i) => (i * 7) % 2 ** bits);
        const bytes = packed(levels, bits, run);
        const bytes_a_run = Math.ceil((run * bits) / 8);
        expect(bytes).toHaveLength(bytes_a_run * runs);
        const read = levels.map((_, i) => {
          const bit = (i % run) * bits;
          return ((bytes[Math.floor(i / run) * bytes_a_run + (bit >> 3)] ?? 0) >> (bit & 7)) & (2 ** bits - 1);
        });
        expect(read).toEqual(levels);
      },
    ),
  );
});
