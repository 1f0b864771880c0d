/** One stream: a thread with a session of its own, which starts and ends together with the others. Started by `measure-streams.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { createSession, inferenceOf, makeFeeds, planned } from './child-session.ts';
import { warmUp } from './measure.ts';
import { createSampleBuffer } from './measure-loop.ts';
import type { StartMessage } from './messages.ts';

export interface StreamStart {
  start: StartMessage;
  batch_size: number;
  /** Samples of this stream, at least, unless the time is over. */
  iterations: number;
  /** Samples of this stream, at most. */
  limit: number;
  /** Streams that have not done their iterations. */
  to_do: Int32Array<SharedArrayBuffer>;
  /** Not 0 once all streams are to end. */
  stop: Int32Array<SharedArrayBuffer>;
}

/** `ends_ms` are epoch milliseconds: each thread's performance.now begins at another time. */
export type FromStream =
  | { type: 'ready' }
  | { type: 'samples'; started_ms: number; ends_ms: Float64Array; latencies_ms: Float64Array }
  | { type: 'failed'; error: TaskFailure['task_error'] | null; message: string };

const { start, batch_size, iterations, limit, to_do, stop } = workerData as StreamStart;
const tell = (message: FromStream): void => parentPort?.postMessage(message);

try {
  const session = await createSession(start, {});
  const { batches } = await planned(session, { ...start, wishes: { ...start.wishes, batch_sizes: [batch_size] } });
  const infer = inferenceOf(session, makeFeeds(batches[0] ?? [], start));
  await infer();
  await warmUp(infer, start.measure, () => Promise.resolve());
  const buffer = createSampleBuffer(limit);
  const go = new Promise<void>((resolve) => parentPort?.once('message', () => resolve()));
  tell({ type: 'ready' });
  await go;
  const started = performance.now();
  const deadline_ms = started + start.measure.max_seconds * 1000;
  let samples = 0;
  let ended = started;
  do {
    const begun = performance.now();
    await infer();
    ended = performance.now();
    buffer.ends_ms[samples] = performance.timeOrigin + ended;
    buffer.latencies_ms[samples] = ended - begun;
    samples++;
    if (samples === iterations) Atomics.sub(to_do, 0, 1);
  } while (samples < limit && ended < deadline_ms && Atomics.load(to_do, 0) > 0 && Atomics.load(stop, 0) === 0);
  Atomics.store(stop, 0, 1);
  tell({
    type: 'samples',
    started_ms: performance.timeOrigin + started,
    ends_ms: buffer.ends_ms.slice(0, samples),
    latencies_ms: buffer.latencies_ms.slice(0, samples),
  });
} catch (error) {
  tell({
    type: 'failed',
    error: error instanceof TaskFailure ? error.task_error : null,
    message: error instanceof Error ? error.message : String(error),
  });
}
