import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseTegrastatsLine } from './gpu-watch.ts';
import { visibilityVariables } from './hardware-classes.ts';
import { detectJetson, l4tRelease, powerMode } from './jetson.ts';

const memory_gb = Math.round((Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 1024 ** 3) * 100) / 100;
const nothing = async () => ({ found: false, reason: undefined }) as const;
const board =
  (model: string | null, release: string | null = null) =>
  (path: string) =>
    path === '/proc/device-tree/model' ? model : path === '/etc/nv_tegra_release' ? release : null;

describe('a Jetson without nvidia-smi', () => {
  it.each([
    ['NVIDIA Jetson AGX Orin Developer Kit\0', 8.7],
    ['NVIDIA Jetson Orin Nano Developer Kit', 8.7],
    ['NVIDIA Orin NX Developer Kit', 8.7],
    ['NVIDIA Jetson AGX Thor Developer Kit', 11],
    ['NVIDIA Jetson Xavier NX Developer Kit', 7.2],
    ['Jetson-AGX', 7.2],
    ['NVIDIA Jetson TX2 Developer Kit', 6.2],
    ['NVIDIA Jetson Nano Developer Kit\0', 5.3],
    ['NVIDIA Jetson Something New', null],
  ])('%j', async (model, cuda_compute) => {
    const found = await detectJetson(board(model), nothing);
    expect(found).toMatchObject({
      device_id: 'cuda-0',
      name: `${model.replace('\0', '')} GPU`,
      memory_gb,
      cuda_compute,
      // Nothing is made up of what the machine does not tell.
      identity: { gpu_driver: null, gpu_power_mode: null, gpu_power_limit_watts: null, gpu_memory_mb: null },
    });
    expect(visibilityVariables({ class: 'cuda', environment: found?.instance ?? {} }, {})).toMatchObject({
      CUDA_VISIBLE_DEVICES: '0',
    });
  });

  it.each([null, '', '\0', 'Raspberry Pi 5 Model B Rev 1.0\0', 'NVIDIA DGX Spark'])('is not %j', async (model) => {
    expect(await detectJetson(board(model), nothing)).toBeUndefined();
  });

  it('has its release and its power mode in the fingerprint, where they are told', async () => {
    const release = '# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64\n';
    const mode = async () => ({ found: true, stdout: 'NV Power Mode: MODE_30W\n2\n' }) as const;
    const found = await detectJetson(board('NVIDIA Jetson AGX Orin Developer Kit', release), mode);
    expect(found?.identity).toMatchObject({ gpu_driver: 'L4T R35.4.1', gpu_power_mode: 'MODE_30W' });
    expect(l4tRelease('something else')).toBeNull();
    expect(powerMode('NVPM WARN: not root')).toBeNull();
  });

  it.each([
    [
      '06-13-2023 10:24:32 RAM 3174/30592MB (lfb 3x4MB) SWAP 0/15296MB (cached 0MB) CPU [0%@729,off] EMC_FREQ 0%@2133 GR3D_FREQ 27%@[305,305] CPU@46.4C GPU@42.5C VDD_IN 4990mW/5010mW VDD_CPU_CV 401mW/401mW',
      [27, 3174, 4.99, 42.5],
    ],
    [
      'RAM 1022/3964MB (lfb 2x4MB) SWAP 0/1982MB CPU [5%@102,off] EMC_FREQ 0% GR3D_FREQ 0% PLL@20C GPU@38C POM_5V_IN 2544/2600 POM_5V_GPU 40/40',
      [0, 1022, 2.544, 38],
    ],
    ['RAM 1022/3964MB (lfb 2x4MB) CPU [5%@102]', [null, 1022, null, null]],
  ])('is sampled by tegrastats: %s', (line, [gpu, memory, power, temperature]) => {
    expect(parseTegrastatsLine(line)).toEqual({
      gpu_utilization_percent: gpu,
      memory_usage_mb: memory,
      power_consumption_watts: power,
      temperature_celsius: temperature,
    });
  });

  it('and not by what is no such line', () => {
    expect(parseTegrastatsLine('tegrastats: permission denied')).toBeUndefined();
  });
});
