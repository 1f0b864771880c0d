import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Arrivals } from '@benchwire/shared/stats/poisson-arrivals.ts';

/** One inference, of a whole batch. */
export type Inference = () => Promise<unknown>;

/** Preallocated, so that the loop does nothing but store into it. `latencies_ms[i]` was complete at `ends_ms[i]`. */
export interface SampleBuffer {
  ends_ms: Float64Array;
  latencies_ms: Float64Array;
}

export function createSampleBuffer(capacity: number): SampleBuffer {
  return { ends_ms: new Float64Array(capacity), latencies_ms: new Float64Array(capacity) };
}

/**
 * One inference after the other, until the buffer has `limit` samples or the time is `deadline_ms` on performance.now's
 * clock (the inference that crosses it still counts). Returns how many samples there are.
 *
 * The clock is performance.now: monotonic, nanosecond resolution, and unlike hrtime.bigint it allocates nothing.
 */
export async function backToBack(
  infer: Inference,
  buffer: SampleBuffer,
  limit: number,
  deadline_ms: number,
): Promise<number> {
  const { ends_ms, latencies_ms } = buffer;
  let samples = 0;
  let ended = 0;
  do {
    const started = performance.now();
    await infer();
    ended = performance.now();
    ends_ms[samples] = ended;
    latencies_ms[samples] = ended - started;
    samples++;
  } while (samples < limit && ended < deadline_ms);
  return samples;
}

/**
 * Inferences at given arrival times, one at a time, first come first served. The latency runs from the scheduled
 * arrival, so that waiting behind a slow inference counts (no coordinated omission; MLPerf LoadGen's `server`).
 * Ends as `backToBack` does, and at the deadline when the next arrival lies past it.
 */
export async function onArrival(
  infer: Inference,
  arrivals: Arrivals,
  buffer: SampleBuffer,
  limit: number,
  deadline_ms: number,
): Promise<number> {
  const { ends_ms, latencies_ms } = buffer;
  let samples = 0;
  let ended = performance.now();
  while (samples < limit && ended < deadline_ms && arrivals.peek() < deadline_ms) {
    const scheduled = arrivals.take();
    await until(scheduled);
    await infer();
    ended = performance.now();
    ends_ms[samples] = ended;
    latencies_ms[samples] = ended - scheduled;
    samples++;
  }
  if (samples < limit) await until(deadline_ms);
  return samples;
}

/** By how much two readings of the clock differ at least, where they differ. */
export function clockStepMs(): number {
  let step = Number.POSITIVE_INFINITY;
  for (let i = 0; i < CLOCK_READINGS; i++) {
    const before = performance.now();
    let after = performance.now();
    while (after === before) after = performance.now();
    step = Math.min(step, after - before);
  }
  return step;
}

const CLOCK_READINGS = 200;

/** Sleeps for the most part and turns the event loop for the rest: timers alone are late by a millisecond or more. */
async function until(time_ms: number): Promise<void> {
  for (let left = time_ms - performance.now(); left > 0; left = time_ms - performance.now()) {
    if (left > 3) await sleep(left - 2);
    else await nextTurn();
  }
}
