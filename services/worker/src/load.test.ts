import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { parseGpuLine, summarizeGpu } from './devices/gpu-watch.ts';
import { busyPercent, LoadSampler, readCpuTimes } from './load.ts';
import { ownCpuTicks } from './own-cpu-time.ts';

describe('the load', () => {
  it('is the busy share between two readings', () => {
    expect(busyPercent({ busy: 10, total: 100 }, { busy: 35, total: 200 })).toBe(25);
    expect(busyPercent({ busy: 10, total: 100 }, { busy: 10, total: 100 })).toBeNull();
    expect(busyPercent({ busy: 10, total: 100 }, { busy: 5, total: 200 })).toBe(0);
  });

  it('of this machine has a reason for each null', () => {
    const load = new LoadSampler().sample();
    for (const field of ['cpu_load_percent', 'temperature_celsius'] as const) {
      expect(load[field] === null).toBe(field in load.unavailable);
    }
    expect(load.memory_used_mb).toBeGreaterThan(0);
    expect(load.memory_total_mb).toBeGreaterThan(load.memory_used_mb ?? 0);
    expect(readCpuTimes().total).toBeGreaterThan(0);
  });
});

describe.runIf(process.platform === 'linux')('the own processor time', () => {
  it('is also that of what was started, while it runs and after', async () => {
    const before = ownCpuTicks() ?? 0;
    const child = spawn(process.execPath, ['-e', 'const end = Date.now() + 20_000; while (Date.now() < end);']);
    const ended = once(child, 'exit');
    // Ten ticks are a tenth of a second.
    await vi.waitFor(() => expect((ownCpuTicks() ?? 0) - before).toBeGreaterThan(10), { timeout: 15_000 });
    child.kill('SIGKILL');
    await ended;
    expect((ownCpuTicks() ?? 0) - before).toBeGreaterThan(10);
  });
});

describe('what a GPU did', () => {
  it('is read from nvidia-smi, without making up what it does not tell', () => {
    expect(parseGpuLine('95, 3265, 180.25, 61')).toEqual({
      gpu_utilization_percent: 95,
      memory_usage_mb: 3265,
      power_consumption_watts: 180.25,
      temperature_celsius: 61,
    });
    expect(parseGpuLine('[N/A], 3265, [N/A], 61')).toMatchObject({
      gpu_utilization_percent: null,
      power_consumption_watts: null,
    });
    expect(parseGpuLine('No devices were found')).toBeUndefined();
  });

  it('is summed up as mean use and power, and highest memory and temperature', () => {
    const samples = ['90, 100, 200.0, 50', '100, 300, [N/A], 60', '80, 200, 100.0, 55'].map(parseGpuLine);
    expect(summarizeGpu(samples.filter((sample) => sample !== undefined))).toEqual({
      gpu_utilization_percent: 90,
      memory_usage_mb: 300,
      power_consumption_watts: 150,
      temperature_celsius: 60,
    });
    expect(summarizeGpu([]).memory_usage_mb).toBeNull();
  });
});
