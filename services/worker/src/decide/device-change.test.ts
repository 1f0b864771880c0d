import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { describe, expect, it } from 'vitest';
import { changeInWords, compareDevices } from './device-change.ts';

const device = (device_id: string, more: Partial<Device> = {}): Device => ({
  ...{ device_id, class: 'cuda', name: 'GPU', fingerprint: 'f', pool: 'cuda-1', memory_gb: 40, cuda_compute: 8 },
  ...{ slots: 1, executors: ['noop'], commands: [], labels: {}, environment: {}, ...more },
});

describe('what has changed of the devices', () => {
  it('is nothing where all are the same', () => {
    expect(compareDevices([device('a'), device('b')], [device('b'), device('a')])).toBeUndefined();
  });

  it('tells devices that are gone, new, others, and only elsewhere', () => {
    const [one, two] = [{ gpu_uuid: 'GPU-1' }, { gpu_uuid: 'GPU-2' }];
    const before = [device('cuda-0', { environment: one }), device('cuda-1', { environment: two }), device('cpu-0')];
    const after = [
      device('cuda-0', { environment: two }),
      device('cpu-0', { fingerprint: 'g', environment: { cpu_governor: 'powersave' } }),
      device('npu-0'),
    ];
    const change = compareDevices(before, after);
    expect(change?.gone.map(({ device_id }) => device_id)).toEqual(['cuda-0']);
    expect(change?.moved).toMatchObject([{ before: { device_id: 'cuda-1' }, after: { device_id: 'cuda-0' } }]);
    expect(change?.changed).toMatchObject([{ before: { device_id: 'cpu-0' } }]);
    expect(change?.added.map(({ device_id }) => device_id)).toEqual(['npu-0']);
    expect(change === undefined ? '' : changeInWords(change)).toBe(
      'cuda-0 (GPU) is gone; cpu-0 has changed: cpu_governor unknown, now powersave; cuda-1 is cuda-0 in cuda-1 now; npu-0 (GPU) is new',
    );
  });
});
