import { poissonArrivals } from '@benchwire/shared/stats/poisson-arrivals.ts';
import type { Random } from '@benchwire/shared/stats/random.ts';
import { backToBack, createSampleBuffer, type Inference, onArrival } from './measure-loop.ts';
import type { MeasureSettings, Scenario } from './messages.ts';

/** How long one window lasts before its samples are handed on. Longer where a pause would be felt more. */
const WINDOW_MS: Record<Scenario, number> = { single_stream: 1000, offline: 10_000, server: 10_000 };
/** 1 MiB of samples: what one window can hold at most. */
const WINDOW_SAMPLES = 65_536;

export interface Window {
  times_ms: Float64Array;
  latencies_ms: Float64Array;
}

/**
 * The measured part of one batch size: windows until there are `iterations` samples or `max_seconds` are over, with
 * `handOn` between them. Returns the time spent inside of windows.
 */
export async function measureWindows(
  infer: Inference,
  settings: MeasureSettings,
  random: Random,
  handOn: (window: Window) => Promise<void>,
): Promise<{ measured_seconds: number }> {
  const buffer = createSampleBuffer(Math.min(settings.iterations, WINDOW_SAMPLES));
  const max_ms = settings.max_seconds * 1000;
  const arrivals =
    settings.scenario === 'server' ? poissonArrivals(performance.now(), settings.target_qps ?? 1, random) : null;
  let measured_ms = 0;
  let collected = 0;
  let paused_at = performance.now();
  while (collected < settings.iterations && measured_ms < max_ms) {
    const limit = Math.min(WINDOW_SAMPLES, settings.iterations - collected);
    const started = performance.now();
    const deadline = started + Math.min(WINDOW_MS[settings.scenario], max_ms - measured_ms);
    arrivals?.postpone(started - paused_at);
    const samples = arrivals
      ? await onArrival(infer, arrivals, buffer, limit, deadline)
      : await backToBack(infer, buffer, limit, deadline);
    paused_at = performance.now();
    measured_ms += paused_at - started;
    collected += samples;
    await handOn({
      times_ms: buffer.ends_ms.slice(0, samples).map((ended) => performance.timeOrigin + ended),
      latencies_ms: buffer.latencies_ms.slice(0, samples),
    });
  }
  return { measured_seconds: measured_ms / 1000 };
}

/**
 * Inferences that nobody counts, at most `max_seconds` of them; `alive` is called about once a second. Back to back
 * in every scenario: what warms up is caches, clocks and allocators. Returns how long it took.
 */
export async function warmUp(
  infer: Inference,
  settings: MeasureSettings,
  alive: () => Promise<void>,
): Promise<{ warmup_ms: number }> {
  const started = performance.now();
  const deadline = started + settings.max_seconds * 1000;
  const buffer = createSampleBuffer(Math.min(settings.warmup_iterations, WINDOW_SAMPLES));
  let left = settings.warmup_iterations;
  while (left > 0 && performance.now() < deadline) {
    left -= await backToBack(
      infer,
      buffer,
      Math.min(left, WINDOW_SAMPLES),
      Math.min(performance.now() + 1000, deadline),
    );
    await alive();
  }
  return { warmup_ms: performance.now() - started };
}
