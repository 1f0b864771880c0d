import { describe, expect, it } from 'vitest';
import { configuredDevices, devicesByConfiguration } from './configured.ts';
import { detectCuda, parseNvidiaSmi } from './cuda.ts';
import { detectMps } from './mps.ts';
import { detectRocm, parseRocmSmi } from './rocm.ts';

describe('nvidia-smi', () => {
  const twoGpus = `0, GPU-5f6b1a2c-0000-1111-2222-333344445555, 00000000:3B:00.0, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, 400.00, 8.0
1, GPU-6a7b1a2c-0000-1111-2222-333344445555, 00000000:86:00.0, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, 400.00, 8.0
`;

  it('is read row by row', () => {
    const [first, second] = parseNvidiaSmi(twoGpus).devices;
    expect(first).toMatchObject({
      device_id: 'cuda-0',
      class: 'cuda',
      name: 'NVIDIA A100-SXM4-40GB',
      memory_gb: 40,
      cuda_compute: 8,
      identity: { gpu_driver: '535.104.05', gpu_power_limit_watts: 400 },
    });
    expect(second?.identity).toEqual(first?.identity);
    expect(second?.instance).toMatchObject({ gpu_index: 1, gpu_bus: '00000000:86:00.0' });
  });

  it('tells nothing of what it does not know', () => {
    const [gpu] = parseNvidiaSmi(
      '0, [N/A], 00000000:01:00.0, NVIDIA GeForce GT 730, 2002, 470.223.02, [Not Supported]\n',
    ).devices;
    expect(gpu).toMatchObject({
      cuda_compute: null,
      identity: { gpu_power_limit_watts: null },
      instance: { gpu_uuid: null },
    });
  });

  it('is asked again without the compute capability, which older drivers do not know', async () => {
    const asked: string[] = [];
    const found = await detectCuda(async (_program, args) => {
      asked.push(args[0] ?? '');
      return args[0]?.includes('compute_cap')
        ? { found: false, reason: 'nvidia-smi failed: Field "compute_cap" is not a valid field to query.' }
        : { found: true, stdout: '0, GPU-1, 00000000:01:00.0, Tesla K80, 11441, 470.82.01, 149.00\n' };
    });
    expect(asked).toHaveLength(2);
    expect(found).toMatchObject({ devices: [{ name: 'Tesla K80', cuda_compute: null }] });
  });

  it('is no news where it is not installed, and a note where it fails', async () => {
    expect(await detectCuda(async () => ({ found: false, reason: undefined }))).toEqual({ devices: [] });
    const reason = 'nvidia-smi failed: Failed to initialize NVML: Driver/library version mismatch';
    expect(await detectCuda(async () => ({ found: false, reason }))).toEqual({ devices: [], note: reason });
  });
});

describe('rocm-smi', () => {
  // The fields that different versions print, with the keys as they spell them.
  const newer = {
    card0: {
      'Unique ID': '0x9246000000000000',
      'VRAM Total Memory (B)': '21458059264',
      'Card Series': 'Radeon RX 7900 XT',
      'Card SKU': 'D70401XT',
      'GFX Version': 'gfx1100',
    },
    system: { 'Driver version': '6.2.4' },
  };
  const older = {
    card0: { 'Card series': 'Arcturus GL-XL [AMD Instinct MI100]', 'Card SKU': 'D34316', 'Unique ID': 'N/A' },
  };

  it('is read in the spelling of each version', () => {
    expect(parseRocmSmi(JSON.stringify(newer))?.devices).toMatchObject([
      {
        device_id: 'rocm-0',
        name: 'Radeon RX 7900 XT',
        memory_gb: 19.98,
        identity: { gpu_architecture: 'gfx1100', gpu_driver: '6.2.4' },
      },
    ]);
    expect(
      parseRocmSmi(`WARNING: AMD GPU device(s) is/are in a low-power state.\n${JSON.stringify(older)}`)?.devices,
    ).toMatchObject([{ name: 'Arcturus GL-XL [AMD Instinct MI100]', memory_gb: null, instance: { gpu_uuid: null } }]);
  });

  it('that prints something else is a note', async () => {
    const found = await detectRocm(async () => ({ found: true, stdout: 'ERROR: no devices' }));
    expect(found.devices).toEqual([]);
    expect(found.note).toContain('WORKER_DEVICES');
  });
});

describe('other devices', () => {
  it('Apple chips have a GPU that shares the memory', () => {
    const machine = { platform: 'darwin', arch: 'arm64', cpu_model: 'Apple M2 Pro', memory_bytes: 16 * 1024 ** 3 };
    expect(detectMps(machine).devices).toMatchObject([{ class: 'mps', name: 'Apple M2 Pro GPU', memory_gb: 16 }]);
    expect(detectMps({ ...machine, arch: 'x64' }).devices).toEqual([]);
  });

  it('come by configuration, with their facts in the fingerprint', () => {
    const text =
      '[{"class":"npu","name":"Acme","memory_gb":8,"environment":{"firmware":"1.2"}},{"class":"npu","name":"Acme"}]';
    const devices = devicesByConfiguration(configuredDevices.parse(text));
    expect(devices.map((device) => device.device_id)).toEqual(['npu-configured-0', 'npu-configured-1']);
    expect(devices[0]?.identity).toMatchObject({ device_name: 'Acme', firmware: '1.2' });
    expect(() => configuredDevices.parse('[{"class":"toaster","name":"x"}]')).toThrow();
    expect(() => configuredDevices.parse('not json')).toThrow('not JSON');
  });
});
