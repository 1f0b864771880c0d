import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../runtime/tail.ts';
import { interleave } from './interleave.ts';

interface Item {
  source: number;
  key: number;
}
const keyOf = ({ key }: Item): number => key;

/** Gives each item after some turns of the event loop, and says how it stands before the first and after the last. */
async function* sourceOf(items: readonly Item[], delays: readonly number[] = []): AsyncGenerator<Step<Item>> {
  yield { item: undefined, behind: items.length > 0 };
  for (const [index, item] of items.entries()) {
    for (let n = delays[index] ?? 0; n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
    yield { item, behind: index + 1 < items.length };
  }
}

const lists = fc
  .array(fc.array(fc.record({ key: fc.integer({ min: 0, max: 20 }), delay: fc.integer({ min: 0, max: 2 }) })), {
    maxLength: 4,
  })
  .map((all) =>
    all.map((list, source) => {
      const keys = list.map(keyOf as (entry: { key: number }) => number).sort((a, b) => a - b);
      return { items: keys.map((key) => ({ source, key })), delays: list.map(({ delay }) => delay) };
    }),
  );

describe('interleave', () => {
  it('tells everything once, in the order of the keys, and keeps each order', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (all) => {
        const sources = all.map(({ items, delays }) => sourceOf(items, delays));
        const told = await Array.fromAsync(interleave(sources, keyOf, 60_000));
        const keys = all.flatMap(({ items }) => items.map(keyOf));
        expect(told.map(keyOf)).toEqual(keys.sort((a, b) => a - b));
        for (const [source, { items }] of all.entries())
          expect(told.filter((item) => item.source === source)).toEqual(items);
      }),
    );
  });

  it('does not wait for one that has nothing more, nor for ever for one that says so wrongly', async () => {
    for (const behind of [false, true]) {
      const silent = (async function* (): AsyncGenerator<Step<Item>> {
        yield { item: undefined, behind };
        await new Promise(() => {});
      })();
      const told: number[] = [];
      const items = [1, 2, 3].map((key) => ({ source: 0, key }));
      for await (const { key } of interleave([sourceOf(items), silent], keyOf, 20)) {
        told.push(key);
        if (told.length === 3) break;
      }
      expect(told).toEqual([1, 2, 3]);
    }
  });

  it('throws what a source throws, and lets go of all when it is left', async () => {
    const broken = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('forbidden')) }) };
    await expect(Array.fromAsync(interleave<Item>([broken], keyOf, 20))).rejects.toThrow('forbidden');

    let left = 0;
    const endless = async function* (): AsyncGenerator<Step<Item>> {
      try {
        for (let key = 0; ; key++) yield { item: { source: 0, key }, behind: true };
      } finally {
        left++;
      }
    };
    for await (const { key } of interleave([endless(), endless()], keyOf, 20)) if (key === 5) break;
    await expect.poll(() => left).toBe(2);
  });
});
