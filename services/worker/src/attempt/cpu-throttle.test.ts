import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { throttledInWords } from '../devices/gpu-watch.ts';
import { readThrottling, throttledBetween } from './cpu-throttle.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'throttle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function set(cpu: number, core: number | string, whole: number): void {
  const own = join(folder, `cpu${cpu}`, 'thermal_throttle');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'core_throttle_count'), `${core}\n`);
  writeFileSync(join(own, 'package_throttle_count'), `${whole}\n`);
}

describe('a processor that is throttled', () => {
  it('is told by its counters, and only by what they have counted meanwhile', () => {
    for (const cpu of [0, 1]) set(cpu, 7, 20);
    const before = readThrottling(folder);
    expect(throttledBetween(before, readThrottling(folder))).toBeUndefined();
    set(1, 9, 21);
    expect(throttledBetween(before, readThrottling(folder))).toBe(
      'the processor was throttled for heat while this ran: a core 2 times, the package 1 time',
    );
  });

  it('is not made up: no counters, counters that cannot be read, processors that came or were reset', () => {
    expect(throttledBetween(readThrottling(folder), readThrottling(folder))).toBeUndefined();
    set(0, 'nonsense', 3);
    set(1, 5, 3);
    const before = readThrottling(folder);
    set(0, 9, 3);
    set(1, 0, 0);
    set(2, 100, 3);
    expect(throttledBetween(before, readThrottling(folder))).toBeUndefined();
  });
});

describe('a GPU that is throttled', () => {
  it.each<[string, string[], string | undefined]>([
    ['never', ['0x0000000000000000', '0x0000000000000001', '0x0000000000000002'], undefined],
    ['by a driver that does not tell', ['[N/A]', '[Not Supported]'], undefined],
    ['without a sample', [], undefined],
    [
      'for heat and power',
      ['0x0000000000000004', '0x0000000000000024', '0x0000000000000001', '[N/A]'],
      'power cap in 2, heat, by software in 1 of 3 samples',
    ],
    ['by the board', ['0x0000000000000088'], 'hardware slowdown in 1, power brake in 1 of 1 samples'],
  ])('%s', (_, masks, expected) => {
    const said = throttledInWords(masks);
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(expected);
  });
});
