import { softwareVulkan } from '@benchwire/test/support/software-vulkan.ts';
import { describe, expect, it } from 'vitest';
import { probeOnnxRuntime } from '../executors/onnx/runtime-probe.ts';
import type { ConfiguredDevice } from './configured.ts';
import type { FoundDevice } from './found-device.ts';
import { lookAtDevices } from './offer.ts';
import { adapterIn, withoutSharedGpu } from './webgpu.ts';

const OFFER = { labels: {}, executors: ['onnx', 'noop'], commands: [], command_env: [], slots: 1 };
const gpu = (hardware: ConfiguredDevice['class']): ConfiguredDevice => ({
  ...{ class: hardware, name: 'GPU', memory_gb: 8, cuda_compute: null, slots: 1, environment: {} },
});

async function runtimeOf(env: Record<string, string | undefined>) {
  const probed = await probeOnnxRuntime(env);
  if (!probed.ok) throw new Error(probed.reason);
  return probed.runtime;
}

describe('what ONNX Runtime can do', () => {
  it('is what it says and what a session shows, for each class', async () => {
    const env = { PATH: process.env.PATH };
    const runtime = await runtimeOf(env);
    expect(runtime.backends.map(({ name }) => name)).toContain('cpu');
    const classes = ['cpu', 'rocm', 'cuda', 'npu'] as const;
    const configured = [gpu('rocm'), gpu('cuda'), gpu('npu')];
    const { devices, notes } = await lookAtDevices({ ...OFFER, configured, classes, env, runtime });
    const offers = Object.fromEntries(devices.map(({ class: name, executors }) => [name, executors]));
    expect(offers).toMatchObject({ cpu: ['onnx', 'noop'], rocm: ['noop'], npu: ['noop'] });
    const said = notes.join('\n');
    expect(said).toMatch(
      /rocm-configured-0 offers no onnx: onnxruntime-node \S+ has no execution provider for rocm, only .*cpu/,
    );
    expect(said).toMatch(/npu-configured-0 offers no onnx/);
    // A machine without CUDA's libraries: the build knows the provider, and cannot use it.
    if (offers.cuda?.includes('onnx') !== true)
      expect(said).toMatch(/cuda-configured-0 offers no onnx: \S+ cuda provider/);
  });

  it('a runtime that crashes takes only the probe along', async () => {
    const runtime = await runtimeOf({ PATH: process.env.PATH });
    const trial = await runtime.try('cpu', { NODE_OPTIONS: '--max-old-space-size=1' });
    expect(trial).toMatchObject({ usable: false, crashed: true });
    expect(await runtime.try('cpu')).toMatchObject({ usable: true });
  });
});

describe('the adapter of WebGPU', () => {
  it.each([
    ['SwiftShader Device (Subzero)', '/usr/lib/chromium/libvk_swiftshader.so', 'software'],
    ['llvmpipe (LLVM 15.0.6, 256 bits)', '/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so', 'software'],
    ['NVIDIA GeForce RTX 4090', 'libGLX_nvidia.so.0', 'hardware'],
    ['AMD Radeon RX 7900 XTX (RADV NAVI31)', '/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so', 'hardware'],
  ])('%s', (name, library, kind) => {
    const said = `[Vulkan Loader] DRIVER:   Using "${name}" with driver: "${library}"\n`;
    expect(adapterIn(said)).toEqual({ name, driver: library.split('/').at(-1), kind });
  });

  it('has no name where the loader is silent', () => {
    expect(adapterIn('')).toEqual({ name: null, driver: null, kind: null });
  });

  it('is left out where it is another way to what is offered already, unless it is asked for', () => {
    const adapter = (kind: string): FoundDevice => ({
      ...{ device_id: 'webgpu-0', class: 'webgpu', name: 'A', memory_gb: null, cuda_compute: null, slots: 1 },
      ...{ identity: { webgpu_adapter: kind }, instance: {} },
    });
    const cuda: FoundDevice = { ...adapter('hardware'), device_id: 'cuda-0', class: 'cuda' };
    expect(withoutSharedGpu([adapter('hardware')], undefined).devices).toHaveLength(1);
    expect(withoutSharedGpu([adapter('hardware'), cuda], undefined)).toMatchObject({
      devices: [cuda],
      notes: [expect.stringMatching(/cuda-0.*WORKER_CLASSES/)],
    });
    expect(withoutSharedGpu([adapter('software')], undefined).notes[0]).toMatch(/processor/);
    expect(withoutSharedGpu([adapter('software')], ['webgpu']).devices).toHaveLength(1);
  });

  it.runIf(softwareVulkan() !== undefined)('that is software is named, and has a fingerprint of its own', async () => {
    const env = { PATH: process.env.PATH, ...softwareVulkan() };
    const runtime = await runtimeOf(env);
    const options = { ...OFFER, configured: [], env, runtime };
    const asked = await lookAtDevices({ ...options, classes: ['cpu', 'webgpu'] });
    const device = asked.devices.find(({ class: name }) => name === 'webgpu');
    expect(device?.name).toMatch(/(SwiftShader|llvmpipe).*a software adapter/);
    expect(device?.environment).toMatchObject({ webgpu_adapter: 'software' });
    expect(device?.executors).toContain('onnx');
    expect(device?.fingerprint).not.toBe(asked.devices[0]?.fingerprint);
    const unasked = await lookAtDevices({ ...options, classes: undefined });
    expect(unasked.devices.map(({ class: name }) => name)).not.toContain('webgpu');
    expect(unasked.notes.join('\n')).toMatch(/software adapter, which computes on the processor/);
  });
});
