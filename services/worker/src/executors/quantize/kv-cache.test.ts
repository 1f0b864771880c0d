import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STEP, transformerModel } from '../../../test-support/transformer-model.ts';
import { ort } from '../onnx/child-session.ts';
import { namesOf, quantizeKvCache } from './kv-cache.ts';
import { dequantizeCache, quantizeCache } from './kv-values.ts';
import { writeModel } from './onnx-graph.ts';

const WIDTH = 96;
const PAST = 20;
const BITS = [8, 4, 2] as const;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-cache-test-'));
  await writeModel(transformerModel('decoder'), join(folder, 'decoder.onnx'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** By the definition of the format, written down once more. */
function reference(values: readonly number[], bits: number): { within: number[] } {
  const top = 2 ** bits - 1;
  const scale = (Math.max(...values) - Math.min(...values)) / top;
  const largest = Math.max(...values.map(Math.abs));
  // Half a step, and what fp16 rounds off of the scale (times the level) and of the lowest value.
  const bound = scale / 2 + (top * scale + largest) * 2 ** -11 + 2 ** -24 * (top + 1);
  return { within: values.map(() => bound) };
}

describe('numbers of a cache', () => {
  test.each(BITS)('in %i bits are off by half a step at most, and take so many bytes', (bits) => {
    const rows = fc.array(fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 32, maxLength: 32 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(rows, (given) => {
        const values = given.flat();
        const cache = quantizeCache(values, 32, bits, 16);
        expect(cache.levels).toHaveLength((values.length * bits) / 8);
        expect(cache.scales).toHaveLength(values.length / 16);
        const back = dequantizeCache(cache, 32, bits, 16);
        for (let first = 0; first < values.length; first += 16) {
          const block = values.slice(first, first + 16);
          const { within } = reference(block, bits);
          for (const [i, value] of block.entries())
            expect(Math.abs(value - (back[first + i] ?? 0))).toBeLessThanOrEqual(within[i] ?? 0);
        }
      }),
    );
  });

  test('that are all alike are exact', () => {
    const values = new Array(32).fill(0.5);
    expect([...dequantizeCache(quantizeCache(values, 32, 2, 32), 32, 2, 32)]).toEqual(values);
  });
});

describe('a decoder', () => {
  test.each(BITS)(
    'with a cache in %i bits computes with what it stands for, and appends what it makes',
    async (bits) => {
      // The axes of a reduction are an attribute before opset 18, and an input since.
      const model = transformerModel('decoder', undefined, bits === 4 ? 18 : 17);
      const { parts, left } = quantizeKvCache(model, 'decoder', bits, 32);
      expect(parts.map(({ past }) => past)).toEqual(['past.0.key', 'past.0.value', 'past.1.key', 'past.1.value']);
      expect(left.size).toBe(0);
      const path = join(folder, `kv${bits}.onnx`);
      await writeModel(model, path);
      const original = await ort.InferenceSession.create(join(folder, 'decoder.onnx'));
      const quantized = await ort.InferenceSession.create(path);
      const random = createRandom(5);
      const x = new ort.Tensor(
        'int64',
        BigInt64Array.from({ length: STEP }, () => BigInt(Math.floor(random() * 300))),
        [1, STEP],
      );
      const feeds: Record<string, InstanceType<typeof ort.Tensor>> = { x };
      const as_stands: typeof feeds = { x };
      const fed = new Map<string, ReturnType<typeof quantizeCache>>();
      for (const { past } of parts) {
        const cache = quantizeCache(
          Float32Array.from({ length: PAST * WIDTH }, () => 4 * random() - 2),
          WIDTH,
          bits,
          32,
        );
        fed.set(past, cache);
        const names = namesOf(past);
        feeds[names.levels] = new ort.Tensor('uint8', cache.levels, [1, PAST, (WIDTH * bits) / 8]);
        feeds[names.scales] = new ort.Tensor('float16', cache.scales, [1, PAST, 3]);
        feeds[names.lows] = new ort.Tensor('float16', cache.lows, [1, PAST, 3]);
        const values = Float32Array.from(dequantizeCache(cache, WIDTH, bits, 32));
        as_stands[past] = new ort.Tensor('float32', values, [1, PAST, WIDTH]);
      }
      const wanted = await original.run(as_stands);
      const got = await quantized.run(feeds);
      // The graph reads the cache as the reference does: with what it stands for, the model as it was gives the same.
      const [want, have] = [wanted.y, got.y].map((output) => Array.from((output?.data ?? []) as Float32Array));
      const largest = Math.max(...(want ?? []).map(Math.abs));
      for (const [i, value] of (want ?? []).entries())
        expect(Math.abs(value - (have?.[i] ?? 0))).toBeLessThan(1e-5 * largest);
      for (const { past, present } of parts) {
        const names = namesOf(present);
        const levels = got[names.levels]?.data as Uint8Array;
        const [scales, lows] = [names.scales, names.lows].map((name) => got[name]?.data as Uint16Array);
        expect(levels).toHaveLength(((PAST + STEP) * WIDTH * bits) / 8);
        // What was there is there, bit for bit: a step loses nothing of the steps before.
        expect([...levels.slice(0, fed.get(past)?.levels.length)]).toEqual([...(fed.get(past)?.levels ?? [])]);
        const cache = { levels, scales: scales ?? new Uint16Array(), lows: lows ?? new Uint16Array() };
        const values = dequantizeCache(cache, WIDTH, bits, 32).slice(PAST * WIDTH);
        const made = Array.from((wanted[present]?.data ?? []) as Float32Array).slice(PAST * WIDTH);
        for (let first = 0; first < made.length; first += 32) {
          const block = made.slice(first, first + 32);
          const { within } = reference(block, bits);
          // Both models compute what is appended in fp32, each in its own order.
          for (const [i, value] of block.entries())
            expect(Math.abs(value - (values[first + i] ?? 0))).toBeLessThan((within[i] ?? 0) * 1.001 + 1e-4);
        }
      }
      await Promise.all([original.release(), quantized.release()]);
    },
  );

  test('without a cache is refused, with the reason', () => {
    expect(() => quantizeKvCache(transformerModel('gpt'), 'gpt', 8, 32)).toThrow(/gpt has no key-value cache/);
  });
});
