/**
 * The process that a model runs in: one per task, so that a crash, an exhausted memory or a hang is the task's alone,
 * and no task finds the caches and heaps of another. Started by `run-child.ts`; speaks `messages.ts`.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { createSession, fetchable, inferenceOf, makeFeeds, ort, planned } from './child-session.ts';
import { fedInputs } from './fed-inputs.ts';
import type { PlannedInput } from './input-plan.ts';
import { measureWindows, warmUp } from './measure.ts';
import { clockStepMs, type Inference } from './measure-loop.ts';
import { measureStreams } from './measure-streams.ts';
import type { FromChild, StartMessage, StreamsMeasured, ToChild } from './messages.ts';
import { runError } from './ort-errors.ts';
import { placedNodes } from './profile.ts';
import { peakResidentMemoryMb } from './resident-memory.ts';

/** Resolved by the next `continue`. Renewed before each `batch` is sent, as the answer may come before the wait. */
let continued = Promise.withResolvers<void>();

process.on('message', (message: ToChild) => {
  if (message.type === 'continue') continued.resolve();
  else void main(message);
});
// The worker is gone, and nobody is left to measure for.
process.on('disconnect', () => process.exit(0));

async function main(start: StartMessage): Promise<void> {
  try {
    await (start.mode === 'prove' ? prove(start) : measure(start));
    await send({ type: 'done' });
  } catch (error) {
    await send({
      type: 'failed',
      error: error instanceof TaskFailure ? error.task_error : taskError('unknown', 'UNEXPECTED', messageOf(error)),
    });
  }
  process.disconnect();
}

/** Resolves when the message has been written, so that no write goes on while something is measured. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!process.send) throw new Error('this file is to be started by run-child.ts');
    process.send(message, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Checks the inputs of all batch sizes, runs the smallest once with profiling, and tells which providers ran it. */
async function prove(start: StartMessage): Promise<void> {
  const session = await createSession(start, {
    enableProfiling: true,
    profileFilePrefix: join(start.temporary_folder, 'profile'),
  });
  const { batches, notes } = await planned(session, start);
  const [first] = batches;
  const outputs = fetchable(session);
  await send({
    type: 'plan',
    inputs: batches.map((inputs) => fedInputs(inputs)),
    notes: [...notes, ...(outputs.note === undefined ? [] : [outputs.note])],
  });
  const batch_size = start.wishes.batch_sizes[0] ?? 1;
  await send({ type: 'progress', phase: 'proving the execution provider', batch_size });
  const feeds = makeFeeds(first ?? [], start);
  await running(start, batch_size, first ?? [], () =>
    outputs.names === null ? session.run(feeds) : session.run(feeds, outputs.names),
  );
  session.endProfiling();
  const files = await readdir(start.temporary_folder);
  const profile = files.find((file) => file.startsWith('profile') && file.endsWith('.json'));
  if (profile === undefined) throw new Error('ONNX Runtime wrote no profile');
  const placed = placedNodes(await readFile(join(start.temporary_folder, profile), 'utf8'));
  await send({ type: 'proof', placed, onnxruntime_version: ort.env.versions.node ?? ort.env.versions.common });
}

async function measure(start: StartMessage): Promise<void> {
  const load_ms = await timed(async () => {
    for (const file of start.model_files) await readThrough(file);
  });
  await send({ type: 'progress', phase: 'creating the session' });
  const started = performance.now();
  const session = await createSession(start, {});
  const session_ms = performance.now() - started;
  await send({ type: 'loaded', load_ms, session_ms });

  const { batches } = await planned(session, start);
  for (const [i, plan] of batches.entries()) {
    const batch_size = start.wishes.batch_sizes[i] ?? 1;
    await send({ type: 'progress', phase: `first run with batch size ${batch_size}`, batch_size });
    const feeds = makeFeeds(plan, start);
    const infer = inferenceOf(session, feeds);
    await running(start, batch_size, plan, () => measureBatch(infer, batch_size, start));
    await continued.promise;
  }
}

async function measureBatch(infer: Inference, batch_size: number, start: StartMessage): Promise<void> {
  const first_run_ms = await timed(infer);
  const { warmup_ms } = await warmUp(infer, start.measure, () => send({ type: 'progress', phase: 'warming up' }));
  const random = createRandom(start.seed + 1);
  const { measured_seconds } = await measureWindows(infer, start.measure, random, ({ times_ms, latencies_ms }) =>
    send({ type: 'window', batch_size, times_ms, latencies_ms }),
  );
  const peak_rss_mb = await peakResidentMemoryMb();
  const streams: StreamsMeasured[] = [];
  for (const count of start.measure.concurrency) {
    await send({ type: 'progress', phase: `${count} streams with batch size ${batch_size}`, batch_size });
    streams.push(await measureStreams(start, batch_size, count, () => send({ type: 'progress', phase: 'streams' })));
  }
  continued = Promise.withResolvers();
  const clock_step_ms = clockStepMs();
  const measured = { first_run_ms, warmup_ms, measured_seconds, peak_rss_mb, clock_step_ms, streams };
  await send({ type: 'batch', batch_size, ...measured });
}

/** What throws while inferences run is ONNX Runtime. */
async function running<T>(
  start: StartMessage,
  batch_size: number,
  inputs: readonly PlannedInput[],
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new TaskFailure(runError(error, start.provider, batch_size, inputs), { cause: error });
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

/** Reads a file as loading does, without keeping it: what the disk, or the page cache, takes. */
async function readThrough(path: string): Promise<void> {
  await using file = await open(path);
  const piece = Buffer.allocUnsafe(1 << 20);
  while ((await file.read(piece)).bytesRead > 0);
}
