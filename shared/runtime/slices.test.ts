import { expect, it } from 'vitest';
import { Slice, SlicedQueue } from './slices.ts';

const busy = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

it('timers get their turn in the middle of long work', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const slice = new Slice();
  for (let n = 0; n < 100; n++) {
    busy(2);
    await slice.rest();
  }
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
});

it('a queue handles everything in order, whatever comes meanwhile', async () => {
  const pushed: number[] = [];
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  const push = (n: number): void => {
    pushed.push(n);
    queue.push(n);
  };
  const queue = new SlicedQueue<number>(1000, (n) => {
    seen.push(n);
    if (n < 500) push(n + 500);
    if (n % 100 === 0) busy(12);
    if (seen.length === 1000) done.resolve();
  });
  for (let n = 0; n < 500; n++) push(n);
  await done.promise;
  expect(seen).toEqual(pushed);
});

it('of more than it holds it leaves out the oldest, and never the newest', async () => {
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  const queue = new SlicedQueue<number>(100, (n) => {
    seen.push(n);
    if (n === 9999) done.resolve();
  });
  for (let n = 0; n < 10_000; n++) queue.push(n);
  await done.promise;
  expect(seen.length).toBeLessThan(400);
  expect(seen.at(-1)).toBe(9999);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});
