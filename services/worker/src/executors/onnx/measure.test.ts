import { poissonArrivals } from '@benchwire/shared/stats/poisson-arrivals.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { describe, expect, test } from 'vitest';
import { summarize } from '../samples/summary.ts';
import { measureWindows, type Window, warmUp } from './measure.ts';
import { backToBack, clockStepMs, createSampleBuffer, onArrival } from './measure-loop.ts';
import { together } from './measure-streams.ts';
import { memoryOf } from './memory.ts';
import type { BatchMessage, MeasureSettings } from './messages.ts';
import { placedNodes, placementNotes, placementOf, proveProvider } from './profile.ts';

const settings = (changes: Partial<MeasureSettings> = {}): MeasureSettings => ({
  scenario: 'single_stream',
  iterations: 50,
  warmup_iterations: 5,
  max_seconds: 60,
  target_qps: null,
  concurrency: [],
  ...changes,
});
/** Keeps the processor busy, as a native inference does. */
const busy = (ms: number) => async (): Promise<void> => {
  for (const end = performance.now() + ms; performance.now() < end; );
};
const later = (): number => performance.now() + 60_000;

describe('poissonArrivals', () => {
  test('come in order at the mean rate, and as the seed says', () => {
    const draw = (): number[] => {
      const arrivals = poissonArrivals(1000, 200, createRandom(9));
      return Array.from({ length: 5000 }, () => arrivals.take());
    };
    const times = draw();
    expect(times).toEqual(draw());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(((times.at(-1) ?? 0) - 1000) / 5000).toBeCloseTo(5, 0);
  });

  test('peek does not take, and postpone moves what is to come', () => {
    const arrivals = poissonArrivals(0, 1, createRandom(1));
    const first = arrivals.peek();
    arrivals.postpone(500);
    expect(arrivals.take()).toBe(first + 500);
    expect(arrivals.peek()).toBeGreaterThan(first + 500);
  });
});

describe('the loops', () => {
  test('back to back: one sample per inference, up to the limit', async () => {
    const buffer = createSampleBuffer(10);
    let inferences = 0;
    const infer = async (): Promise<void> => void inferences++;
    expect(await backToBack(infer, buffer, 7, later())).toBe(7);
    expect(inferences).toBe(7);
    expect(buffer.latencies_ms.subarray(7)).toEqual(new Float64Array(3));
  });

  test('back to back: the deadline ends it, after one sample at least', async () => {
    expect(await backToBack(busy(1), createSampleBuffer(10), 10, 0)).toBe(1);
  });

  test('on arrival: waiting behind a slow inference counts', async () => {
    const start = performance.now();
    const due = [start, start, start];
    const arrivals = { peek: () => due[0] ?? later(), take: () => due.shift() ?? later(), postpone: () => undefined };
    const buffer = createSampleBuffer(3);
    expect(await onArrival(busy(10), arrivals, buffer, 3, later())).toBe(3);
    const [first = 0, second = 0, third = 0] = buffer.latencies_ms;
    expect(first).toBeGreaterThanOrEqual(10);
    expect(second).toBeGreaterThanOrEqual(first + 10);
    expect(third).toBeGreaterThanOrEqual(second + 10);
  });

  test('on arrival: waits for an arrival, and never starts early', async () => {
    const buffer = createSampleBuffer(1);
    const due = performance.now() + 20;
    const arrivals = { peek: () => due, take: () => due, postpone: () => undefined };
    await onArrival(async () => undefined, arrivals, buffer, 1, later());
    expect(buffer.latencies_ms[0]).toBeGreaterThanOrEqual(0);
  });

  test('on arrival: without arrivals it takes until the deadline and no longer', async () => {
    const deadline = performance.now() + 20;
    const never = {
      peek: () => Number.POSITIVE_INFINITY,
      take: () => Number.POSITIVE_INFINITY,
      postpone: () => undefined,
    };
    expect(await onArrival(busy(1), never, createSampleBuffer(1), 1, deadline)).toBe(0);
    expect(performance.now()).toBeGreaterThanOrEqual(deadline);
  });
});

describe('measureWindows', () => {
  async function measure(changes: Partial<MeasureSettings>, infer = busy(0.1)) {
    const windows: Window[] = [];
    const { measured_seconds } = await measureWindows(infer, settings(changes), createRandom(1), async (window) => {
      windows.push(window);
    });
    return { measured_seconds, samples: windows.reduce((n, w) => n + w.latencies_ms.length, 0), windows };
  }

  test.each(['single_stream', 'offline', 'server'] as const)('%s takes exactly the iterations', async (scenario) => {
    const { samples, windows } = await measure({ scenario, target_qps: 2000 });
    expect(samples).toBe(50);
    expect(windows[0]?.times_ms[0]).toBeLessThanOrEqual(Date.now() + 1);
  });

  test('hands on what a full buffer holds, and goes on', async () => {
    const { samples, windows } = await measure({ scenario: 'offline', iterations: 70_000 }, async () => undefined);
    expect(samples).toBe(70_000);
    expect(windows.length).toBeGreaterThan(1);
  });

  test('ends with max_seconds, whatever the iterations', async () => {
    const { samples, measured_seconds } = await measure({ iterations: 1_000_000, max_seconds: 0.05 }, busy(5));
    expect(samples).toBeLessThanOrEqual(11);
    expect(measured_seconds).toBeGreaterThanOrEqual(0.05);
  });

  test('warm-up runs as often as it is told, and not at all for 0', async () => {
    let runs = 0;
    const count = async (): Promise<void> => void runs++;
    await warmUp(count, settings({ warmup_iterations: 12 }), async () => undefined);
    expect(runs).toBe(12);
    await warmUp(count, settings({ warmup_iterations: 0 }), async () => undefined);
    expect(runs).toBe(12);
  });
});

describe('summarize', () => {
  const batch: BatchMessage = {
    type: 'batch',
    batch_size: 4,
    first_run_ms: 9,
    warmup_ms: 9,
    measured_seconds: 2,
    peak_rss_mb: 100,
    streams: [],
    clock_step_ms: 1e-9,
  };
  const latencies = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => 10 + ((i * 7) % 10) / 10);

  test.each([
    [63, []],
    [64, ['latency_p90_ms']],
    [130, ['latency_p90_ms', 'latency_p95_ms']],
    [662, ['latency_p90_ms', 'latency_p95_ms', 'latency_p99_ms']],
  ])('%d samples allow %j', (n, expected) => {
    const result = summarize(latencies(n), batch, settings({ iterations: n }), memoryOf(batch, 'cpu'));
    expect(Object.keys(result).filter((name) => name.startsWith('latency_p'))).toEqual(expected);
    expect(result.throughput_items_per_second).toBe((n * 4) / 2);
    expect(result.memory_mb).toBe(100);
    expect(result).not.toHaveProperty('value_notes');
  });

  test('several streams: throughput of all, speed-up over one, the latency of each', () => {
    const [first, second] = [Float64Array.from([10, 10, 10, 40]), Float64Array.from([20, 20])];
    const streams = [{ streams: 2, latencies_ms: [first, second], measured_seconds: 0.1 }];
    const { streams: found } = summarize(latencies(100), { ...batch, streams }, settings(), memoryOf(batch, 'cpu'));
    // One stream did 100 × 4 items in 2 s.
    expect(found?.['2']).toMatchObject({ throughput_items_per_second: 240, speedup: 1.2, latency_ms: 15, samples: 6 });
    expect(found?.['2']?.stream_latencies_ms).toEqual([10, 20]);
    const none = [{ streams: 2, latencies_ms: [new Float64Array(0), new Float64Array(0)], measured_seconds: 0 }];
    expect(
      summarize(latencies(100), { ...batch, streams: none }, settings(), memoryOf(batch, 'cpu')),
    ).not.toHaveProperty('streams');
  });

  test('of several streams only what ended while all ran counts', () => {
    const { latencies_ms, measured_seconds } = together(2, [
      { started_ms: 1000, ends_ms: Float64Array.from([1010, 1020, 1200]), latencies_ms: Float64Array.from([1, 2, 3]) },
      { started_ms: 1015, ends_ms: Float64Array.from([1030, 1100]), latencies_ms: Float64Array.from([4, 5]) },
    ]);
    expect(latencies_ms.map((each) => [...each])).toEqual([[2], [4, 5]]);
    expect(measured_seconds).toBeCloseTo(0.085);
  });

  test('keeps a spike in every number it belongs to', () => {
    const values = latencies(100);
    values[50] = 500;
    const result = summarize(values, batch, settings({ iterations: 100 }), memoryOf(batch, 'cpu'));
    expect(result.latency_max_ms).toBe(500);
    expect(result.outliers.severe).toBe(1);
    expect(result.samples).toBe(100);
    expect(result.latency_mean_ms).toBeGreaterThan(14);
    expect(result.latency_ms).toBeLessThan(11);
  });

  test('near the resolution of the clock its latency has a note, and a longer one has none', () => {
    const coarse = { ...batch, clock_step_ms: 0.2 };
    const result = summarize(latencies(30), coarse, settings({ iterations: 30 }), memoryOf(batch, 'cpu'));
    expect(result.value_notes).toMatchObject([
      {
        code: 'clock_resolution',
        metric: 'latency_ms',
        batch_size: batch.batch_size,
        text: expect.stringMatching(/^the median is [45]\d steps of the clock \(200000 ns each\)/),
      },
    ]);
    const fine = { ...batch, clock_step_ms: 0.05 };
    expect(
      summarize(latencies(30), fine, settings({ iterations: 30 }), memoryOf(batch, 'cpu')).value_notes,
    ).toBeUndefined();
    expect(clockStepMs()).toBeGreaterThan(0);
    expect(clockStepMs()).toBeLessThan(0.1);
  });

  test('a device’s memory is not made up', () => {
    const result = summarize(latencies(30), batch, settings({ iterations: 40 }), memoryOf(batch, 'cuda'));
    expect(result.memory_mb).toBeNull();
    expect(result.unavailable?.memory_mb).toContain('100 MB');
    expect(result.value_notes?.[0]).toMatchObject({
      code: 'fewer_iterations',
      text: expect.stringContaining('30 of 40 iterations'),
    });
  });
});

describe('the proof of the provider', () => {
  const event = (cat: string, name: string, provider?: string) => ({ cat, name, args: provider ? { provider } : {} });
  const profile = JSON.stringify([
    event('Session', 'model_loading_uri'),
    event('Node', 'a_kernel_time', 'CUDAExecutionProvider'),
    event('Node', 'a_kernel_time', 'CUDAExecutionProvider'),
    event('Node', 'b_kernel_time', 'CUDAExecutionProvider'),
    event('Node', 'c_kernel_time', 'CPUExecutionProvider'),
    event('Node', 'c_fence_before'),
  ]);

  test('counts each node once, by provider', () => {
    expect(placedNodes(profile).providers).toEqual({ CUDAExecutionProvider: 2, CPUExecutionProvider: 1 });
    expect(() => placedNodes('{}')).toThrow(/not an array/);
    expect(() => placedNodes('[{"cat"')).toThrow(SyntaxError);
  });

  test('holds when a node ran there, and not when all fell back', () => {
    expect(proveProvider('cuda', placedNodes(profile), 1)).toBeNull();
    const all_fell_back = { providers: { CPUExecutionProvider: 12 }, operators: {} };
    expect(proveProvider('cuda', all_fell_back, 1)).toMatchObject({
      class: 'device_error',
      code: 'PROVIDER_NOT_USED',
      message: expect.stringContaining('12 on CPUExecutionProvider'),
    });
    const nothing = { providers: {}, operators: {} };
    expect(proveProvider('webgpu', nothing, 1)).not.toBeNull();
    expect(proveProvider('cpu', nothing, 0)).toBeNull();
  });

  const node = (name: string, op_name: string, provider: string, type = 'float', shape = [1, 8]) => ({
    cat: 'Node',
    name,
    args: { op_name, provider, input_type_shape: [{ [type]: shape }], output_type_shape: [{ [type]: shape }] },
  });
  const [gpu, cpu] = ['WebGpuExecutionProvider', 'CPUExecutionProvider'];
  const beside = [
    node('conv', 'Conv', gpu),
    node('copy', 'MemcpyToHost', gpu),
    // What a GPU leaves to the CPU on purpose: shapes, small counting and indexing, and control flow around other nodes.
    node('shape', 'Shape', cpu),
    node('count', 'Mul', cpu, 'int64', [4]),
    node('mask', 'Cast', cpu, 'bool', [8, 512]),
    node('if', 'If', cpu),
  ];

  test('leaves out what does not compute: copies, shapes, indexes, control flow', () => {
    const placed = placedNodes(JSON.stringify(beside));
    expect(placementOf('webgpu', placed)).toMatchObject({ nodes: 1, elsewhere: 0, share_elsewhere: 0 });
    expect(proveProvider('webgpu', placed, 0)).toBeNull();
    expect(placementNotes(placementOf('webgpu', placed))).toEqual([]);
  });

  test.each([
    ['float', 'Clip', 'float', [1, 8]],
    ['half', 'Softmax', 'float16', [1, 8]],
    ['quantized', 'MatMulInteger', 'uint8', [8, 8]],
    ['large counting', 'Cast', 'int64', [512, 512]],
  ])('counts %s nodes that ran elsewhere, and names their operators', (_, operator, type, shape) => {
    const nodes = [...beside, node('x', operator, cpu, type, shape), node('y', operator, cpu, type, shape)];
    const placed = placedNodes(JSON.stringify(nodes));
    expect(placementOf('webgpu', placed)).toEqual({
      provider: gpu,
      nodes: 3,
      elsewhere: 2,
      share_elsewhere: 2 / 3,
      operators_elsewhere: { [cpu]: { [operator]: 2 } },
    });
    const error = proveProvider('webgpu', placed, 0.5);
    expect(error).toMatchObject({ class: 'device_error', code: 'PROVIDER_PARTLY_USED', retriable: false });
    expect(error?.message).toContain(`2 of 3 compute nodes (66.7 %) ran not on ${gpu} but on ${cpu}: ${operator} (2)`);
    expect(error?.message).toContain('set it to 0.667');
    expect(proveProvider('webgpu', placed, 0.667)).toBeNull();
    expect(placementNotes(placementOf('webgpu', placed))).toMatchObject([{ code: 'other_provider' }]);
  });
});
