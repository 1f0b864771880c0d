/**
 * The process that a model runs in: one per task, so that a crash, an exhausted memory or a hang is the task's alone,
 * and no task finds the caches and heaps of another. Started by `run-child.ts`; speaks `messages.ts`.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf, TaskFailure, taskError } from './errors.ts';
import { type PlannedInput, planInputs } from './input-plan.ts';
import { measureWindows, warmUp } from './measure.ts';
import type { FromChild, StartMessage, ToChild } from './messages.ts';
import { providerError, runError, sessionError } from './ort-errors.ts';
import { nodesPerProvider } from './profile.ts';
import { executionProviders } from './providers.ts';
import { peakResidentMemoryMb } from './resident-memory.ts';
import { generateElements } from './tensors.ts';

// onnxruntime-common makes a Float16Array of every half float input where there is one, and onnxruntime-node then
// finds no data in it ("expected 4, got 0"). Without the global it keeps the bits in a Uint16Array, which works.
Reflect.deleteProperty(globalThis, 'Float16Array');
const ort = await import('onnxruntime-node');

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
  const [first] = planInputs(session.inputMetadata, start.wishes);
  const batch_size = start.wishes.batch_sizes[0] ?? 1;
  await send({ type: 'progress', phase: 'proving the execution provider', batch_size });
  const feeds = makeFeeds(first ?? [], start);
  await running(start, batch_size, () => session.run(feeds));
  session.endProfiling();
  const files = await readdir(start.temporary_folder);
  const profile = files.find((file) => file.startsWith('profile') && file.endsWith('.json'));
  if (profile === undefined) throw new Error('ONNX Runtime wrote no profile');
  const providers = nodesPerProvider(await readFile(join(start.temporary_folder, profile), 'utf8'));
  await send({ type: 'proof', providers, onnxruntime_version: ort.env.versions.node ?? ort.env.versions.common });
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

  const plans = planInputs(session.inputMetadata, start.wishes);
  for (const [i, plan] of plans.entries()) {
    const batch_size = start.wishes.batch_sizes[i] ?? 1;
    await send({ type: 'progress', phase: `first run with batch size ${batch_size}`, batch_size });
    const feeds = makeFeeds(plan, start);
    await running(start, batch_size, () => measureBatch(session, feeds, batch_size, start));
    await continued.promise;
  }
}

async function measureBatch(
  session: InferenceSession,
  feeds: Feeds,
  batch_size: number,
  start: StartMessage,
): Promise<void> {
  // The one thing that is measured. Not an async function: its extra promise would be measured too.
  const infer = (): Promise<unknown> => session.run(feeds);
  const first_run_ms = await timed(infer);
  const { warmup_ms } = await warmUp(infer, start.measure, () => send({ type: 'progress', phase: 'warming up' }));
  const random = createRandom(start.seed + 1);
  const { measured_seconds } = await measureWindows(infer, start.measure, random, ({ times_ms, latencies_ms }) =>
    send({ type: 'window', batch_size, times_ms, latencies_ms }),
  );
  const peak_rss_mb = await peakResidentMemoryMb();
  continued = Promise.withResolvers();
  await send({ type: 'batch', batch_size, first_run_ms, warmup_ms, measured_seconds, peak_rss_mb });
}

/** What throws while inferences run is ONNX Runtime. */
async function running<T>(start: StartMessage, batch_size: number, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new TaskFailure(runError(error, start.provider, batch_size), { cause: error });
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

async function createSession(start: StartMessage, extra: InferenceSession.SessionOptions): Promise<InferenceSession> {
  const providers = executionProviders(start.provider);
  const threads: InferenceSession.SessionOptions = {
    ...(start.intra_op_num_threads === null ? {} : { intraOpNumThreads: start.intra_op_num_threads }),
    ...(start.inter_op_num_threads === null ? {} : { interOpNumThreads: start.inter_op_num_threads }),
  };
  try {
    return await ort.InferenceSession.create(start.model_path, {
      ...threads,
      ...extra,
      ...(providers ? { executionProviders: providers } : {}),
    });
  } catch (error) {
    if (start.provider === 'cpu') throw new TaskFailure(sessionError(error, start.model_name));
    // Either the model or the provider is at fault: a model that is wrong does not load on the CPU either.
    await ort.InferenceSession.create(start.model_path).catch((onCpu: unknown) => {
      throw new TaskFailure(sessionError(onCpu, start.model_name));
    });
    throw new TaskFailure(providerError(error, start.provider));
  }
}

type Feeds = Record<string, Tensor>;

function makeFeeds(plan: readonly PlannedInput[], start: StartMessage): Feeds {
  const random = createRandom(start.seed);
  try {
    return Object.fromEntries(
      plan.map(({ name, type, shape, constant }) => [
        name,
        // One declaration per element type; which one it is, is known only here at run time.
        new ort.Tensor(type as 'float32', generateElements(type, shape, constant, random) as Float32Array, shape),
      ]),
    );
  } catch (error) {
    throw new TaskFailure(
      taskError('out_of_memory', 'INPUTS_TOO_LARGE', `The inputs do not fit in memory: ${messageOf(error)}`),
      { cause: error },
    );
  }
}
