import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { schedulerConfig, stateOptions } from './config.ts';
import { loadStrategy } from './load-strategy.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-strategy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function module(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return `module:${path}`;
}

describe('strategies', () => {
  it('are found by name', async () => {
    expect((await loadStrategy('fifo', {}))().name).toBe('fifo');
    expect((await loadStrategy('fastest_completion', { affinity: 0.3 }))().name).toBe('fastest_completion');
  });

  it('come from a module of your own, with the weights', async () => {
    const own = module(
      'own.ts',
      'export default (weights: { x: number }) => ({ name: "own-" + weights.x, rank: () => 0, misfit: () => 1 });',
    );
    const create = await loadStrategy(own, { x: 3 });
    expect(create().name).toBe('own-3');
    expect(create()).not.toBe(create());
  });

  it.each([
    ['an unknown name', 'fastest', {}, /no strategy "fastest": use fastest_completion, least_loaded/],
    [
      'an unknown weight',
      'fastest_completion',
      { afinity: 0.3 },
      /afinity=0.3 is not a weight: use affinity and patience/,
    ],
    ['no such module', 'module:./not-there.ts', {}, /not-there.ts cannot be loaded/],
  ])('refuses %s', async (_what, name, weights, message) => {
    await expect(loadStrategy(name, weights as Record<string, number>)).rejects.toThrow(message);
  });

  it.each([
    ['no function', 'export default 3;', /is not a function/],
    ['a missing method', 'export default () => ({ name: "x", rank: () => 0 });', /has no method misfit/],
    ['a wrong method', 'export default () => ({ name: "x", rank: () => 0, misfit: () => 1, prepare: 1 });', /prepare/],
    ['no name', 'export default () => ({ rank: () => 0, misfit: () => 1 });', /has no name/],
  ])('refuses a module with %s', async (what, text, message) => {
    await expect(loadStrategy(module(`${what.replaceAll(' ', '-')}.ts`, text), {})).rejects.toThrow(message);
  });
});

describe('the configuration', () => {
  const base = { NATS_URL: 'nats://127.0.0.1:4222', REDIS_URL: 'redis://127.0.0.1:6379' };

  it('takes weights as pairs or JSON, and tenants as JSON', () => {
    const config = schedulerConfig.parse({
      ...base,
      SCHEDULER_WEIGHTS: 'affinity=0.2, patience=0.1',
      SCHEDULER_TENANTS: '{"a": {"weight": 2, "max_running": 5}, "b": {}}',
      SCHEDULER_AGING_SECONDS: '60',
    });
    expect(config.SCHEDULER_WEIGHTS).toEqual({ affinity: 0.2, patience: 0.1 });
    expect(schedulerConfig.parse({ ...base, SCHEDULER_WEIGHTS: '{"affinity": 0}' }).SCHEDULER_WEIGHTS).toEqual({
      affinity: 0,
    });
    const options = stateOptions(config);
    expect(options.aging_ms).toBe(60_000);
    expect(options.tenants?.get('a')).toEqual({ weight: 2, max_running: 5 });
    expect(options.tenants?.get('b')).toEqual({ weight: 1, max_running: Number.POSITIVE_INFINITY });
  });

  it.each([
    ['SCHEDULER_WEIGHTS', 'affinity'],
    ['SCHEDULER_WEIGHTS', '{'],
    ['SCHEDULER_TENANTS', 'a=1'],
    ['SCHEDULER_TENANTS', '{"a": {"weight": 0}}'],
  ])('refuses %s=%s', (name, value) => {
    expect(schedulerConfig.safeParse({ ...base, [name]: value }).success).toBe(false);
  });
});
