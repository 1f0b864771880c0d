import type { RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { type Arrivals, poissonArrivals } from '@benchwire/shared/stats/poisson-arrivals.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';

type Settings = RunnerTask['measure'];
/** One inference, of a whole batch. Settles when its outputs can be read, so the work of a GPU is in it. */
export type Inference = () => Promise<unknown>;

export interface Window {
  times_ms: number[];
  latencies_ms: number[];
}

/** As docs/protocol/runner.md has it. */
const WINDOW_MS: Record<Settings['scenario'], number> = { single_stream: 1000, offline: 10_000, server: 10_000 };
const WINDOW_SAMPLES = 65_536;
/** A sample is at least so many steps of the clock: shorter calls are measured several at once. */
const MIN_STEPS = 100;
/** Calls that a sample may be made of. */
const MAX_CALLS = 10_000;

interface Buffer {
  ends_ms: Float64Array;
  latencies_ms: Float64Array;
}

const bufferOf = (capacity: number): Buffer => ({
  ends_ms: new Float64Array(capacity),
  latencies_ms: new Float64Array(capacity),
});

/** How many calls make a sample of at least `MIN_STEPS` steps of the clock. Pure. */
export function callsPerSample(call_ms: number, clock_step_ms: number): number {
  const wanted = MIN_STEPS * clock_step_ms;
  if (call_ms >= wanted) return 1;
  return Math.min(MAX_CALLS, Math.ceil(wanted / Math.max(call_ms, clock_step_ms / MAX_CALLS)));
}

/** One sample after the other: each the mean of `calls` inferences. Ends as the Node runner's loop does: the sample that crosses a limit counts. */
async function backToBack(
  infer: Inference,
  calls: number,
  buffer: Buffer,
  limit: number,
  deadline_ms: number,
): Promise<number> {
  const { ends_ms, latencies_ms } = buffer;
  let samples = 0;
  let ended = 0;
  do {
    const started = performance.now();
    for (let call = 0; call < calls; call++) await infer();
    ended = performance.now();
    ends_ms[samples] = ended;
    latencies_ms[samples] = (ended - started) / calls;
    samples++;
  } while (samples < limit && ended < deadline_ms);
  return samples;
}

/** Inferences at given arrival times; the latency runs from the scheduled arrival, so that waiting counts. */
async function onArrival(
  infer: Inference,
  arrivals: Arrivals,
  buffer: Buffer,
  limit: number,
  deadline_ms: number,
): Promise<number> {
  let samples = 0;
  let ended = performance.now();
  while (samples < limit && ended < deadline_ms && arrivals.peek() < deadline_ms) {
    const scheduled = arrivals.take();
    await until(scheduled);
    await infer();
    ended = performance.now();
    buffer.ends_ms[samples] = ended;
    buffer.latencies_ms[samples] = ended - scheduled;
    samples++;
  }
  if (samples < limit) await until(deadline_ms);
  return samples;
}

/** A timer is late by milliseconds, so the rest is waited for by messages to oneself, which let other work through. */
async function until(time_ms: number): Promise<void> {
  for (let left = time_ms - performance.now(); left > 0; left = time_ms - performance.now()) {
    if (left > 8) await new Promise((resolve) => setTimeout(resolve, left - 6));
    else await nextTurn();
  }
}

const turns = new MessageChannel();
turns.port1.start();

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    turns.port1.addEventListener('message', () => resolve(), { once: true });
    turns.port2.postMessage(null);
  });
}

/** The measured part of one batch size: windows until there are `iterations` samples or `max_seconds` are over. */
export async function measureWindows(
  infer: Inference,
  calls: number,
  settings: Settings,
  seed: number,
  handOn: (window: Window) => Promise<void>,
): Promise<{ measured_seconds: number }> {
  const { scenario, iterations, max_seconds, target_qps } = settings;
  const buffer = bufferOf(Math.min(iterations, WINDOW_SAMPLES));
  const max_ms = max_seconds * 1000;
  const arrivals =
    scenario === 'server' ? poissonArrivals(performance.now(), target_qps ?? 1, createRandom(seed)) : null;
  let measured_ms = 0;
  let collected = 0;
  let paused_at = performance.now();
  while (collected < iterations && measured_ms < max_ms) {
    const limit = Math.min(WINDOW_SAMPLES, iterations - collected);
    const started = performance.now();
    const deadline = started + Math.min(WINDOW_MS[scenario], max_ms - measured_ms);
    arrivals?.postpone(started - paused_at);
    const samples = arrivals
      ? await onArrival(infer, arrivals, buffer, limit, deadline)
      : await backToBack(infer, calls, buffer, limit, deadline);
    paused_at = performance.now();
    measured_ms += paused_at - started;
    collected += samples;
    await handOn({
      times_ms: Array.from(buffer.ends_ms.subarray(0, samples), (ended) => performance.timeOrigin + ended),
      latencies_ms: Array.from(buffer.latencies_ms.subarray(0, samples)),
    });
  }
  return { measured_seconds: measured_ms / 1000 };
}

/** Inferences that are not counted, at most `max_seconds` of them; `alive` about once a second. */
export async function warmUp(
  infer: Inference,
  { warmup_iterations, max_seconds }: Settings,
  alive: () => void,
): Promise<{ warmup_ms: number }> {
  const started = performance.now();
  const deadline = started + max_seconds * 1000;
  let said = started;
  for (let done = 0; done < warmup_iterations && performance.now() < deadline; done++) {
    await infer();
    if (performance.now() - said < 1000) continue;
    said = performance.now();
    alive();
  }
  return { warmup_ms: performance.now() - started };
}

/** Looks at how long a call takes, of which the shortest counts: what disturbs one makes a sample longer, and never too short. */
const CALL_LOOKS = 5;

/** How many calls make a sample that the clock can measure. */
export async function chooseCalls(infer: Inference, clock_step_ms: number): Promise<number> {
  let call_ms = Number.POSITIVE_INFINITY;
  for (let look = 0; look < CALL_LOOKS; look++) call_ms = Math.min(call_ms, await callTime(infer, clock_step_ms));
  return callsPerSample(call_ms, clock_step_ms);
}

async function callTime(infer: Inference, clock_step_ms: number): Promise<number> {
  const started = performance.now();
  let calls = 0;
  do {
    await infer();
    calls++;
  } while (performance.now() - started < MIN_STEPS * clock_step_ms);
  return (performance.now() - started) / calls;
}
