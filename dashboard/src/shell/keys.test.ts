import { expect, test } from 'vitest';
import { type Binding, keyFollower } from './keys.ts';

const bindings: Binding[] = ['?', 'g r', 'r'].map((keys) => ({ keys, does: keys, run: () => {} }));

test('single keys, pairs, and a pair that came too slowly', () => {
  const follow = keyFollower();
  const press = (key: string, at_ms: number) => follow(key, at_ms, bindings)?.keys;
  expect(press('?', 0)).toBe('?');
  expect(press('g', 100)).toBeUndefined();
  expect(press('r', 200)).toBe('g r');
  expect(press('g', 300)).toBeUndefined();
  expect(press('r', 3000)).toBe('r');
  expect(press('x', 3100)).toBeUndefined();
});
