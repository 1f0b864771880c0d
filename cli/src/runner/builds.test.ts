import { describe, expect, test } from 'vitest';
import { type BuildMachine, openvinoSource, torchSource } from './builds.ts';

const LINUX: BuildMachine = { platform: 'linux', arch: 'x64', has_nvidia_gpu: false, rocm_version: undefined };
const ONLINE = { from_folder: false };

describe('the build of PyTorch', () => {
  test.each([
    ['a machine without a GPU', LINUX, 'cpu', 'https://download.pytorch.org/whl/cpu', ['cpu']],
    ['an NVIDIA GPU', { ...LINUX, has_nvidia_gpu: true }, 'cuda', undefined, ['cpu', 'cuda']],
    ['ROCm', { ...LINUX, rocm_version: '6.4' }, 'rocm', 'https://download.pytorch.org/whl/rocm6.4', ['cpu', 'rocm']],
    ['Apple silicon', { ...LINUX, platform: 'darwin', arch: 'arm64' }, 'mps', undefined, ['cpu', 'mps']],
    ['an Intel Mac', { ...LINUX, platform: 'darwin' }, 'cpu', undefined, ['cpu']],
  ] as const)('for %s', (_, machine, build, index, classes) => {
    expect(torchSource(machine, ONLINE)).toEqual({ build, index, classes });
  });

  test('is what was asked for, from where it was asked for', () => {
    const asked = { build: 'rocm', index: 'https://mirror/rocm', from_folder: false } as const;
    expect(torchSource(LINUX, asked)).toMatchObject({ build: 'rocm', index: 'https://mirror/rocm' });
    expect(torchSource(LINUX, { build: 'cpu', from_folder: true })).toMatchObject({ build: 'cpu', index: undefined });
  });

  test('that there is not is refused with a remedy', () => {
    expect(() => torchSource({ ...LINUX, rocm_version: null }, ONLINE)).toThrow('--torch-index');
    expect(() => torchSource({ ...LINUX, platform: 'win32' }, ONLINE)).toThrow('use Linux or macOS');
    expect(() => torchSource(LINUX, { build: 'mps', from_folder: false })).toThrow('--build cpu');
    expect(() => torchSource({ ...LINUX, platform: 'darwin' }, { build: 'cuda', from_folder: false })).toThrow('macOS');
  });
});

test('OpenVINO has one build', () => {
  expect(openvinoSource(LINUX, {})).toEqual({ build: 'cpu', index: undefined, classes: ['cpu', 'openvino', 'npu'] });
  expect(() => openvinoSource(LINUX, { build: 'cuda' })).toThrow('one build');
  expect(() => openvinoSource({ platform: 'win32' }, {})).toThrow('use Linux or macOS');
});
