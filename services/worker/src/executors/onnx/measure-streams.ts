import { Worker } from 'node:worker_threads';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { StartMessage, StreamsMeasured } from './messages.ts';
import type { FromStream, StreamStart } from './stream-thread.ts';

/** 8 MiB of samples a stream. */
const MAX_SAMPLES = 524_288;
const ALIVE_MS = 1000;

type Samples = Extract<FromStream, { type: 'samples' }>;

/**
 * Several streams at once, each with a session of its own in a thread of its own, since one thread of Node runs one inference at a
 * time. All load and warm up first and then start together; when each has done its iterations, or max_seconds are
 * over, all end. Only what ended while all ran counts.
 * @param alive - called about once a second
 */
export async function measureStreams(
  start: StartMessage,
  batch_size: number,
  streams: number,
  alive: () => Promise<void>,
): Promise<StreamsMeasured> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const to_do = new Int32Array(new SharedArrayBuffer(4));
  Atomics.store(to_do, 0, streams);
  const iterations = Math.min(start.measure.iterations, MAX_SAMPLES);
  const workerData: StreamStart = { start, batch_size, iterations, limit: MAX_SAMPLES, to_do, stop };
  const threads = Array.from(
    { length: streams },
    () => new Worker(new URL('./stream-thread.ts', import.meta.url), { workerData }),
  );
  const timer = setInterval(() => void alive(), ALIVE_MS);
  try {
    const ready = threads.map((thread) => answer(thread, 'ready'));
    await Promise.all(ready);
    const samples = threads.map((thread) => answer(thread, 'samples'));
    for (const thread of threads) thread.postMessage('go');
    return together(streams, (await Promise.all(samples)) as Samples[]);
  } finally {
    clearInterval(timer);
    Atomics.store(stop, 0, 1);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** The next message of a thread, which has to be of this kind. */
function answer(thread: Worker, type: FromStream['type']): Promise<FromStream> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('a stream ended without a result')));
    thread.once('message', (message: FromStream) => {
      if (message.type === type) resolve(message);
      else if (message.type === 'failed' && message.error !== null) reject(new TaskFailure(message.error));
      else reject(new Error(message.type === 'failed' ? message.message : `unexpected ${message.type}`));
    });
  });
}

/** Samples that ended while every stream ran. Pure. */
export function together(
  streams: number,
  samples: ReadonlyArray<Pick<Samples, 'started_ms' | 'ends_ms' | 'latencies_ms'>>,
): StreamsMeasured {
  const from_ms = Math.max(...samples.map(({ started_ms }) => started_ms));
  const to_ms = Math.min(...samples.map(({ ends_ms }) => ends_ms.at(-1) ?? 0));
  return {
    streams,
    latencies_ms: samples.map(({ ends_ms, latencies_ms }) =>
      latencies_ms.filter((_, at) => {
        const ended = ends_ms[at] ?? 0;
        return ended > from_ms && ended <= to_ms;
      }),
    ),
    measured_seconds: Math.max(0, to_ms - from_ms) / 1000,
  };
}
