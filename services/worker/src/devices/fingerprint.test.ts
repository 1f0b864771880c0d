import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeDevices } from './detect.ts';
import { fingerprintOf, poolOf } from './fingerprint.ts';

const offer = { class: 'cuda' as const, fingerprint: 'f', labels: { site: 'lab' }, executors: ['onnx'], commands: [] };

describe('fingerprints', () => {
  it('do not depend on the order of the facts', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null))), (facts) => {
        const turned = Object.fromEntries(Object.entries(facts).toReversed());
        expect(fingerprintOf('cpu', turned)).toBe(fingerprintOf('cpu', facts));
      }),
    );
  });

  it('differ by class and by every fact', () => {
    const facts = { kernel: '6.1', cpu_governor: null };
    const all = [
      fingerprintOf('cpu', facts),
      fingerprintOf('cuda', facts),
      fingerprintOf('cpu', { ...facts, kernel: '6.2' }),
      fingerprintOf('cpu', { ...facts, cpu_governor: 'performance' }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('are stable: a change here cuts every history in two', () => {
    expect(fingerprintOf('cpu', { kernel: '6.1', cores: 4, cpu_governor: null })).toBe('5d09d6df3c75f00d');
  });

  it('leave out what tells a device from its twin', () => {
    const gpu = (index: number) => ({
      device_id: `cuda-${index}`,
      class: 'cuda' as const,
      name: 'GPU',
      memory_gb: 40,
      cuda_compute: 8,
      slots: 1,
      identity: { gpu_model: 'GPU' },
      instance: { gpu_index: index },
    });
    const [a, b] = describeDevices([gpu(0), gpu(1)], { ...offer, onnxruntime_version: null });
    expect(a?.fingerprint).toBe(b?.fingerprint);
    expect(a?.pool).toBe(b?.pool);
    expect(a?.environment.gpu_index).toBe(0);
  });
});

describe('pools', () => {
  it('are named by class, and by all that is offered, whatever its order', () => {
    expect(poolOf(offer)).toMatch(/^cuda-[0-9a-f]{8}$/);
    expect(poolOf({ ...offer, commands: ['a', 'b'] })).toBe(poolOf({ ...offer, commands: ['b', 'a', 'a'] }));
    const others = [
      { ...offer, labels: {} },
      { ...offer, executors: ['onnx', 'noop'] },
      { ...offer, commands: ['sh'] },
      { ...offer, fingerprint: 'g' },
    ];
    expect(new Set([offer, ...others].map(poolOf)).size).toBe(5);
  });
});
