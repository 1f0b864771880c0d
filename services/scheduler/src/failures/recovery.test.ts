import { ERROR_CLASSES } from '@benchwire/shared/contracts/outcome.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pool } from '../fleet/fleet.ts';
import { aDevice } from '../testing.ts';
import { batchSizesToDrop, blockedPools, type Failure, nowhereLeft, withFailure, workerWishes } from './recovery.ts';

function aPool(pool: string, workers: string[], memory_gb: number | null = 16): Pool {
  return { pool, offer: aDevice({ pool, memory_gb }), workers, slots: workers.length };
}

function failed(over: Partial<Failure>): Failure {
  return { class: 'crash', worker_id: 'w1', pool: 'cpu-a', batch_size: undefined, message: 'x', ...over };
}

const notHeld = (): undefined => undefined;
const onnx = (batch_sizes: number[]) =>
  ({ config: { model: 'm', batch_sizes } }) as unknown as Parameters<typeof batchSizesToDrop>[0];

describe('where the next attempt goes', () => {
  const a = aPool('cpu-a', ['w1', 'w2']);
  const b = aPool('cpu-b', ['w3']);

  it('is another worker of the pool first, and another pool once all its workers have failed it', () => {
    const once = [failed({})];
    expect(blockedPools(once, [a, b], notHeld)).toBeUndefined();
    expect(workerWishes({}, once, a)).toEqual({ avoid_workers: ['w1'] });
    const twice = [...once, failed({ worker_id: 'w2' })];
    expect([...(blockedPools(twice, [a, b], notHeld)?.keys() ?? [])]).toEqual(['cpu-a']);
    expect(workerWishes({}, twice, a)).toEqual({});
  });

  it('is where the task asks for, as far as that is there and has not failed it', () => {
    expect(workerWishes({ prefer_workers: ['w1', 'w9'] }, [], a)).toEqual({ prefer_workers: ['w1'] });
    expect(workerWishes({ prefer_workers: ['w3'] }, [], a)).toEqual({});
    expect(workerWishes({ prefer_workers: ['w1'] }, [failed({})], a)).toEqual({ avoid_workers: ['w1'] });
    expect(workerWishes({ avoid_workers: ['w2', 'w9'] }, [], a)).toEqual({ avoid_workers: ['w2'] });
    expect(workerWishes({ avoid_workers: ['w3'] }, [], b)).toEqual({});
  });

  it('is the same place where there is no other', () => {
    expect(blockedPools([failed({}), failed({ worker_id: 'w2' })], [a], notHeld)).toBeUndefined();
    const everywhere = [failed({}), failed({ worker_id: 'w2' }), failed({ worker_id: 'w3', pool: 'cpu-b' })];
    expect(blockedPools(everywhere, [a, b], notHeld)).toBeUndefined();
  });

  it('is a pool with more memory after out_of_memory, if there is one', () => {
    const memory = [failed({ class: 'out_of_memory', batch_size: 8 })];
    const large = aPool('cpu-l', ['w4'], 64);
    expect([...(blockedPools(memory, [a, large], notHeld)?.keys() ?? [])]).toEqual(['cpu-a']);
    expect(blockedPools(memory, [a, b], notHeld)).toBeUndefined();
  });

  it('says no to the whole pool when its executor is missing, and ends the task when no pool is left', () => {
    const missing = [failed({ class: 'executor_missing' })];
    expect(blockedPools(missing, [a, b], notHeld)?.get('cpu-a')).toContain('executor_missing');
    expect(nowhereLeft(missing, [a, b])).toBeUndefined();
    expect(nowhereLeft(missing, [a])).toMatchObject({ status: 'failed', error: { retriable: false } });
    expect(nowhereLeft(missing, [])).toBeUndefined();
  });

  it('never leaves a task without a pool for having failed everywhere, and always respects what is held', () => {
    const failures = fc.array(
      fc.record({
        class: fc.constantFrom(...ERROR_CLASSES),
        worker_id: fc.constantFrom('w1', 'w2', 'w3', 'w4'),
        pool: fc.constantFrom('cpu-a', 'cpu-b', 'cpu-l'),
        batch_size: fc.constantFrom(undefined, 1, 8),
        message: fc.constant('x'),
      }),
    );
    const held = fc.subarray(['cpu-a', 'cpu-b', 'cpu-l']);
    const pools = [a, b, aPool('cpu-l', ['w4'], 64)];
    fc.assert(
      fc.property(failures, held, (list, names) => {
        const blocked = blockedPools(list, pools, (pool) => (names.includes(pool.pool) ? 'held' : undefined));
        for (const name of names) expect(blocked?.get(name)).toBe('held');
        if (names.length < pools.length) expect(blocked?.size ?? 0).toBeLessThan(pools.length);
        for (const pool of pools) {
          const { avoid_workers = [] } = workerWishes({ avoid_workers: ['w1', 'w4'] }, list, pool);
          expect(avoid_workers.length).toBeLessThan(pool.workers.length);
        }
      }),
    );
  });
});

describe('batch sizes', () => {
  it('that did not fit, and all above, are left out there and nowhere else', () => {
    const memory = [failed({ class: 'out_of_memory', batch_size: 8, message: 'no room' })];
    const dropped = batchSizesToDrop(onnx([16, 1, 8, 4]), memory, 'cpu-a');
    expect(Object.keys(dropped ?? {}).sort()).toEqual(['16', '8']);
    expect(dropped?.['8']).toContain('no room');
    expect(dropped?.['16']).toContain('larger than 8');
    expect(batchSizesToDrop(onnx([16, 1, 8, 4]), memory, 'cpu-b')).toBeUndefined();
  });

  it('are never all left out, and only for want of memory', () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 6 });
    const failures = fc.array(
      fc.record({
        class: fc.constantFrom(...ERROR_CLASSES),
        worker_id: fc.constant('w1'),
        pool: fc.constantFrom('cpu-a', 'cpu-b'),
        batch_size: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
        message: fc.constant('x'),
      }),
    );
    fc.assert(
      fc.property(sizes, failures, (batch_sizes, list) => {
        const dropped = Object.keys(batchSizesToDrop(onnx(batch_sizes), list, 'cpu-a') ?? {}).map(Number);
        expect(dropped.length).toBeLessThan(batch_sizes.length);
        const kept = batch_sizes.filter((size) => !dropped.includes(size));
        if (dropped.length > 0) {
          expect(Math.max(...kept)).toBeLessThan(Math.min(...dropped));
          expect(list.some((each) => each.class === 'out_of_memory' && each.pool === 'cpu-a')).toBe(true);
        }
      }),
    );
  });
});

describe('what is kept of failures', () => {
  it('is bounded, and nothing of attempts that nobody ran', () => {
    const error = { class: 'crash', code: 'X', message: 'm'.repeat(1000), retriable: true } as const;
    let failures: readonly Failure[] = [];
    for (let attempt = 0; attempt < 100; attempt++)
      failures = withFailure(failures, { error, worker_id: `w${attempt}`, pool: 'cpu-a' });
    expect(failures).toHaveLength(16);
    expect(failures.at(-1)?.worker_id).toBe('w99');
    expect(failures[0]?.message).toHaveLength(300);
    expect(withFailure([], { error, worker_id: null, pool: null })).toEqual([]);
  });
});
