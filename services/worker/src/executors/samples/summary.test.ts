import { expect, test } from 'vitest';
import type { BatchMessage, MeasureSettings } from '../onnx/messages.ts';
import { summarize } from './summary.ts';

const settings: MeasureSettings = {
  ...{ scenario: 'single_stream', iterations: 100, warmup_iterations: 0, max_seconds: 60, target_qps: null },
  concurrency: [2],
};

function resultOf(of_one: Float64Array, of_two_ms: number) {
  const one_seconds = of_one.reduce((sum, each) => sum + each, 0) / 1000;
  const latencies_ms = [0, 1].map(() => new Float64Array(100).fill(of_two_ms));
  const batch: BatchMessage = {
    ...{ type: 'batch', batch_size: 1, first_run_ms: 1, warmup_ms: 1, measured_seconds: one_seconds, peak_rss_mb: 1 },
    ...{ clock_step_ms: 1e-6, streams: [{ streams: 2, latencies_ms, measured_seconds: of_two_ms / 10 }] },
  };
  return summarize(of_one, batch, settings, { memory_mb: null, unavailable: {} });
}

const steady = Float64Array.from({ length: 100 }, (_, i) => 10 + (i % 7) / 100);
/** The second half takes twice as long. */
const unsteady = steady.map((each, i) => (i < 50 ? each : 2 * each));

test('a speed-up over a steady stream has no note', () => {
  const { streams, value_notes } = resultOf(steady, 11);
  expect(streams?.['2']?.speedup).toBeCloseTo(1.82, 1);
  expect(value_notes).toBeUndefined();
});

test('a speed-up over a stream that was not steady says so', () => {
  const note = resultOf(unsteady, 15).value_notes?.[0];
  expect(note).toMatchObject({ code: 'not_steady', metric: 'speedup_at_2_streams', batch_size: 1 });
});

test('a speed-up that streams cannot have says what was held up', () => {
  const note = resultOf(steady, 4).value_notes?.[0];
  expect(note).toMatchObject({ code: 'disturbed', metric: 'speedup_at_2_streams' });
  expect(note?.text).toMatch(/^2 streams cannot do 5\.\d+ times/);
});
