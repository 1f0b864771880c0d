import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { detectDevices } from './detect.ts';
import { visibilityVariables } from './hardware-classes.ts';

const GB = 1024 ** 3;
const machine_gb = Math.round((Math.min(totalmem(), process.constrainedMemory() || totalmem()) / GB) * 100) / 100;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fake-tools-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A tool of that name before PATH. */
async function tool(name: string, says: string, exit = 0, list = ''): Promise<void> {
  const quoted = (text: string): string => text.replaceAll("'", "'\\''");
  const script = `#!/bin/sh\n[ "$1" = -L ] && { printf '%s' '${quoted(list)}'; exit 0; }\nprintf '%s' '${quoted(says)}'\nexit ${exit}\n`;
  await writeFile(join(folder, name), script);
  await chmod(join(folder, name), 0o755);
}

async function detected(env: Record<string, string> = {}, hardware = 'cuda') {
  const { devices, notes } = await detectDevices({ configured: [], classes: undefined, slots: 1, env });
  const found = devices.filter((device) => device.class === hardware);
  return { found, ids: found.map(({ device_id }) => device_id), notes: notes.join('\n') };
}

const a100 = (index: number, uuid: string): string =>
  `${index}, ${uuid}, 00000000:${index}B:00.0, NVIDIA A100-SXM4-40GB, 40960, 535.104.05, 400.00, 8.0\n`;
const FOUR = ['GPU-aaaa1111-0', 'GPU-aaab2222-1', 'GPU-cccc3333-2', 'GPU-dddd4444-3']
  .map((uuid, i) => a100(i, uuid))
  .join('');

describe('nvidia-smi on real machines', () => {
  it.each([
    ['GB10', '0, GPU-1111, 0000000F:01:00.0, NVIDIA GB10, [N/A], 580.95.05, [N/A], 12.1\n'],
    ['Orin', '0, GPU-2222, [N/A], Orin (nvgpu), [N/A], 540.4.0, [N/A], 8.7\n'],
    ['Thor', '0, [N/A], 00000000:01:00.0, NVIDIA Thor, [Not Supported], 580.00, [Not Supported], 11.0\n'],
  ])('%s shares the machine’s memory', async (_, says) => {
    await tool('nvidia-smi', says);
    expect((await detected()).found).toMatchObject([{ memory_gb: machine_gb, identity: { gpu_memory_mb: null } }]);
  });

  it.each([
    ['no memory at all', '0'],
    ['a negative number', '-1'],
    ['2^64-1', '18446744073709551615'],
  ])('%s is an unknown amount of memory, and said so', async (_, memory) => {
    await tool('nvidia-smi', `0, GPU-1, 00:01.0, Tesla T4, ${memory}, 535.1, -1, 7.5\n`);
    const { found, notes } = await detected();
    expect(found).toMatchObject([{ memory_gb: null, identity: { gpu_memory_mb: null, gpu_power_limit_watts: null } }]);
    expect(notes).toContain(`nvidia-smi says ${memory} MiB`);
  });

  it('a row that is there twice is one device', async () => {
    await tool('nvidia-smi', a100(0, 'GPU-1').repeat(2));
    expect((await detected()).ids).toEqual(['cuda-0']);
  });

  it.each<[string, string, object]>([
    [
      'a comma in the name',
      '0, GPU-1, 00:01.0, Quadro RTX, Max-Q Design, 8192, 535.1, 80.00, 7.5\n',
      { name: 'Quadro RTX, Max-Q Design', memory_gb: 8, cuda_compute: 7.5 },
    ],
    [
      'decimal commas',
      '0, GPU-1, 00:01.0, Tesla T4, 15360, 535.1, 70,00, 7,5\n',
      { memory_gb: 15, cuda_compute: 7.5, identity: { gpu_power_limit_watts: 70 } },
    ],
    [
      'units',
      '0, GPU-1, 00:01.0, Tesla T4, 15360 MiB, 535.1, 70.00 W, 7.5\n',
      { memory_gb: 15, identity: { gpu_power_limit_watts: 70 } },
    ],
    ['no blanks', '0,GPU-1,00:01.0,Tesla T4,15360,535.1,70.00,7.5\n', { name: 'Tesla T4', memory_gb: 15 }],
    ['a missing column', '0, GPU-1, 00:01.0, Tesla T4, 15360, 535.1\n', { memory_gb: 15, cuda_compute: null }],
    [
      'an unknown power limit',
      '0, GPU-1, 00:01.0, Tesla T4, 15360, 535.1, [Unknown Error], 7.5\n',
      { memory_gb: 15, identity: { gpu_power_limit_watts: null } },
    ],
    [
      'lines of Windows',
      '0, GPU-1, 00:01.0, Tesla T4, 15360, 535.1, N/A, 7.5\r\n',
      { memory_gb: 15, cuda_compute: 7.5 },
    ],
  ])('%s', async (_, says, expected) => {
    await tool('nvidia-smi', says);
    expect((await detected()).found).toMatchObject([expected]);
  });

  it.each([
    [
      'a warning before the rows',
      `WARNING: infoROM is corrupted at gpu 0000:3B:00.0\n${a100(0, 'GPU-1')}`,
      0,
      ['cuda-0'],
      /infoROM is corrupted/,
    ],
    [
      'a GPU that is lost',
      `${a100(0, 'GPU-1')}1, [GPU is lost], 00000000:86:00.0, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]\n`,
      0,
      ['cuda-0'],
      /GPU 1 \(00000000:86:00\.0\) is not offered/,
    ],
    [
      'one that ends the tool',
      `${a100(0, 'GPU-1')}Unable to determine the device handle for GPU0000:86:00.0: Unknown Error\n`,
      15,
      ['cuda-0'],
      /0000:86:00\.0: Unknown Error/,
    ],
    [
      'one whose memory cannot be read',
      `${a100(0, 'GPU-1')}1, GPU-2, 00:86.0, NVIDIA A100-SXM4-40GB, ERR!, 535.1, ERR!, 8.0\n`,
      0,
      ['cuda-0'],
      /GPU 1.*is not offered/,
    ],
    [
      'one that needs a reset',
      '0, GPU-2, 00:86.0, NVIDIA H100, [GPU requires reset], 535.1, 1, 9.0\n',
      0,
      [],
      /GPU 0.*is not offered/,
    ],
    ['none', 'No devices were found\n', 0, [], /^$/],
    [
      'a driver that does not fit',
      'Failed to initialize NVML: Driver/library version mismatch\n',
      18,
      [],
      /version mismatch/,
    ],
  ] as const)('%s: what is healthy is offered, the other is named', async (_, says, exit, ids, notes) => {
    await tool('nvidia-smi', says, exit);
    const found = await detected();
    expect(found.ids).toEqual(ids);
    expect(found.notes).toMatch(notes);
  });

  it('a divided GPU is offered part by part', async () => {
    const list = [
      'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa)',
      '  MIG 3g.20gb     Device  0: (UUID: MIG-1111)',
      '  MIG 1g.5gb      Device  1: (UUID: MIG-2222)',
      'GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb)',
    ];
    await tool('nvidia-smi', a100(0, 'GPU-aaaa') + a100(1, 'GPU-bbbb'), 0, `${list.join('\n')}\n`);
    const { found, ids } = await detected();
    expect(ids).toEqual(['cuda-0-mig-0', 'cuda-0-mig-1', 'cuda-1']);
    expect(found.map(({ memory_gb }) => memory_gb)).toEqual([20, 5, 40]);
    expect((await detected({ CUDA_VISIBLE_DEVICES: 'MIG-2' })).ids).toEqual(['cuda-0-mig-1']);
    expect(visibilityVariables({ class: 'cuda', environment: found[1]?.instance ?? {} }, {})).toMatchObject({
      CUDA_VISIBLE_DEVICES: 'MIG-2222',
    });
  });
});

describe('variables that hide devices are obeyed', () => {
  it.each<[Record<string, string>, number[], RegExp]>([
    [{}, [0, 1, 2, 3], /^$/],
    [{ CUDA_VISIBLE_DEVICES: '1' }, [1], /^$/],
    [{ CUDA_VISIBLE_DEVICES: ' 2, 0 ' }, [2, 0], /^$/],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-cccc3333-2' }, [2], /^$/],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-cc,gpu-aaab' }, [2, 1], /^$/],
    [{ CUDA_VISIBLE_DEVICES: 'GPU-aaa' }, [], /"GPU-aaa" is not a GPU/],
    [{ CUDA_VISIBLE_DEVICES: '' }, [], /hides all GPUs/],
    [{ CUDA_VISIBLE_DEVICES: '-1' }, [], /hides all GPUs/],
    [{ CUDA_VISIBLE_DEVICES: 'NoDevFiles' }, [], /hides all GPUs/],
    [{ CUDA_VISIBLE_DEVICES: '0,7,1' }, [0], /"7" is not a GPU.*ends before it/],
    [{ CUDA_VISIBLE_DEVICES: '3,-1,0' }, [3], /"-1" is not a GPU/],
    [{ CUDA_VISIBLE_DEVICES: '0,0' }, [0], /twice/],
    [{ NVIDIA_VISIBLE_DEVICES: 'all' }, [0, 1, 2, 3], /^$/],
    [{ NVIDIA_VISIBLE_DEVICES: 'none' }, [], /hides all/],
    [{ NVIDIA_VISIBLE_DEVICES: 'void' }, [], /hides all/],
    [{ NVIDIA_VISIBLE_DEVICES: '1,2', CUDA_VISIBLE_DEVICES: '1' }, [2], /^$/],
    [{ NVIDIA_VISIBLE_DEVICES: 'GPU-dddd4444-3' }, [3], /^$/],
    // In a container the four are what the runtime has let in, and counted anew.
    [{ NVIDIA_VISIBLE_DEVICES: '4,5,6,7' }, [0, 1, 2, 3], /^$/],
  ])('%j', async (env, indexes, notes) => {
    await tool('nvidia-smi', FOUR);
    const found = await detected(env);
    expect(found.ids).toEqual(indexes.map((index) => `cuda-${index}`));
    expect(found.notes).toMatch(notes);
  });

  it('by index, in the order of the bus, and it is said where CUDA may count otherwise', async () => {
    await tool('nvidia-smi', `${a100(0, 'GPU-1')}1, GPU-2, 00:86.0, Tesla T4, 15360, 535.1, 70.00, 7.5\n`);
    expect((await detected({ CUDA_VISIBLE_DEVICES: '1' })).notes).toMatch(/CUDA_DEVICE_ORDER=PCI_BUS_ID/);
    expect((await detected({ CUDA_VISIBLE_DEVICES: '1', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' })).notes).toBe('');
  });

  it('and the reason is told where nothing is left to offer', async () => {
    await tool('nvidia-smi', FOUR);
    const nothing = detectDevices({ configured: [], classes: ['cuda'], slots: 1, env: { CUDA_VISIBLE_DEVICES: '-1' } });
    await expect(nothing).rejects.toThrow(/CUDA_VISIBLE_DEVICES=-1 hides all GPUs/);
  });
});

describe('AMD GPUs on real machines', () => {
  const card = (name: string, bytes: unknown, id: string): object => ({
    'Card Series': name,
    'VRAM Total Memory (B)': bytes,
    'Unique ID': id,
    'GFX Version': 'gfx942',
  });
  const THREE = JSON.stringify({
    card0: card('AMD Instinct MI300X', '206141652992', '0xaa11'),
    card1: card('AMD Instinct MI300X', 206_141_652_992, '0xbb22'),
    card2: card('AMD Instinct MI300X', 'N/A', '0xcc33'),
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['rocm-0', 'rocm-1', 'rocm-2']],
    [{ ROCR_VISIBLE_DEVICES: '2,1' }, ['rocm-2', 'rocm-1']],
    [{ ROCR_VISIBLE_DEVICES: 'GPU-bb22' }, ['rocm-1']],
    [{ HIP_VISIBLE_DEVICES: '1' }, ['rocm-1']],
    [{ ROCR_VISIBLE_DEVICES: '1,2', HIP_VISIBLE_DEVICES: '1' }, ['rocm-2']],
    [{ HIP_VISIBLE_DEVICES: '-1' }, []],
  ])('%j', async (env, ids) => {
    await tool('rocm-smi', `WARNING: AMD GPU [0] is in a low-power state\n${THREE}\n[end of log]\n`);
    const found = await detected(env, 'rocm');
    expect(found.ids).toEqual(ids);
    for (const { device_id, memory_gb } of found.found) expect(memory_gb).toBe(device_id === 'rocm-2' ? null : 191.98);
  });

  it('one that cannot be read is named, one that shares the memory has the machine’s', async () => {
    const broken = JSON.stringify({
      card0: card('MI300A', '1', '0x1'),
      card1: card('ERR!', 'ERR!', 'N/A'),
      system: {},
    });
    await tool('rocm-smi', broken, 2);
    const { found, notes } = await detected({}, 'rocm');
    expect(found).toMatchObject([{ name: 'MI300A', memory_gb: machine_gb }]);
    expect(notes).toMatch(/AMD GPU 1 is not offered/);
  });

  it('are read by amd-smi where rocm-smi is not there', async () => {
    const gpu = {
      gpu: 0,
      asic: { market_name: 'AMD Instinct MI210', asic_serial: '0x77', target_graphics_version: 'gfx90a' },
      vram: { size: { value: 65_520, unit: 'MB' } },
      driver: { version: '6.10.5' },
    };
    for (const json of [[gpu], { gpu_data: [gpu] }]) {
      await tool('amd-smi', JSON.stringify(json));
      expect((await detected({}, 'rocm')).found).toMatchObject([
        { name: 'AMD Instinct MI210', memory_gb: 63.98, identity: { gpu_driver: '6.10.5' } },
      ]);
    }
  });
});

it('a process is shown its own device, whatever executor starts it', () => {
  const environment = { gpu_index: 1, gpu_uuid: 'GPU-1' };
  expect(visibilityVariables({ class: 'cuda', environment }, {})).toEqual({
    CUDA_VISIBLE_DEVICES: 'GPU-1',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  });
  // HIP counts among what ROCr shows.
  expect(visibilityVariables({ class: 'rocm', environment }, {})).toEqual({
    ROCR_VISIBLE_DEVICES: '1',
    HIP_VISIBLE_DEVICES: '0',
  });
  expect(visibilityVariables({ class: 'cpu', environment }, {})).toEqual({});
});
