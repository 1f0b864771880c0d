/**
 * The process that a model runs in: one per task, so that a crash, an exhausted memory or a hang is the task's alone,
 * and no task finds the caches and heaps of another. Started by `run-child.ts`; speaks `messages.ts`.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fedInputs } from './fed-inputs.ts';
import { readInputFile } from './input-files.ts';
import { type InputPlan, type PlannedInput, planInputs } from './input-plan.ts';
import { measureWindows, warmUp } from './measure.ts';
import type { Inference } from './measure-loop.ts';
import type { FromChild, StartMessage, ToChild } from './messages.ts';
import { providerError, runError, sessionError } from './ort-errors.ts';
import { placedNodes } from './profile.ts';
import { executionProviders } from './providers.ts';
import { peakResidentMemoryMb } from './resident-memory.ts';
import { generateElements, isElementType } from './tensors.ts';

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
  const { names } = fetchable(session);
  for (const [i, plan] of batches.entries()) {
    const batch_size = start.wishes.batch_sizes[i] ?? 1;
    await send({ type: 'progress', phase: `first run with batch size ${batch_size}`, batch_size });
    const feeds = makeFeeds(plan, start);
    // The one thing that is measured. Not an async function: its extra promise would be measured too.
    const infer = names === null ? () => session.run(feeds) : () => session.run(feeds, names);
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
  continued = Promise.withResolvers();
  await send({ type: 'batch', batch_size, first_run_ms, warmup_ms, measured_seconds, peak_rss_mb });
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

/** The files are read anew by each process: they may be large, and are not sent around. */
async function planned(session: InferenceSession, { wishes }: StartMessage): Promise<InputPlan> {
  const files = await Promise.all(
    Object.entries(wishes.files).map(async ([name, file]) => [name, await readInputFile(name, file)] as const),
  );
  return planInputs(session.inputMetadata, wishes, Object.fromEntries(files));
}

/** Names of the outputs to fetch: null for all, which is how a session is run where nothing is left out. */
function fetchable(session: InferenceSession): { names: string[] | null; note: ValueNote | undefined } {
  const others = session.outputMetadata.filter((output) => !output.isTensor || !isElementType(output.type));
  if (others.length === 0) return { names: null, note: undefined };
  const shown = others.map((output) => `${output.name} (${output.isTensor ? output.type : 'not a tensor'})`).join(', ');
  const names = session.outputNames.filter((name) => !others.some((output) => output.name === name));
  if (names.length > 0) return { names, note: noteOn('outputs_left_out', `computed, but not fetched: ${shown}`) };
  const message = `The model has no output that can be fetched: ${shown}. ONNX Runtime for Node fetches tensors; add a tensor to the model's outputs (for a scikit-learn classifier, export it with zipmap=False).`;
  throw new TaskFailure(taskError('bad_model', 'NO_TENSOR_OUTPUT', message));
}

type Feeds = Record<string, Tensor>;

function makeFeeds(plan: readonly PlannedInput[], start: StartMessage): Feeds {
  const random = createRandom(start.seed);
  try {
    return Object.fromEntries(
      plan.map(({ name, type, shape, rule }) => [
        name,
        // One declaration per element type; which one it is, is known only here at run time.
        new ort.Tensor(type as 'float32', generateElements(type, shape, rule, random) as Float32Array, shape),
      ]),
    );
  } catch (error) {
    throw new TaskFailure(
      taskError('out_of_memory', 'INPUTS_TOO_LARGE', `The inputs do not fit in memory: ${messageOf(error)}`),
      { cause: error },
    );
  }
}
