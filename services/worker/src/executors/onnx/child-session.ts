/** What every process and thread that runs a model needs: a session, and what is fed to it. Imports ONNX Runtime. */
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { readInputFile } from './input-files.ts';
import { type InputPlan, type PlannedInput, planInputs } from './input-plan.ts';
import type { Inference } from './measure-loop.ts';
import { providerError, sessionError } from './ort-errors.ts';
import { executionProviders } from './providers.ts';
import type { SessionSettings } from './session-settings.ts';
import { generateElements, isElementType } from './tensors.ts';

// onnxruntime-common makes a Float16Array of every half float input where there is one, and onnxruntime-node then
// finds no data in it ("expected 4, got 0"). Without the global it keeps the bits in a Uint16Array, which works.
Reflect.deleteProperty(globalThis, 'Float16Array');
export const ort = await import('onnxruntime-node');

export async function createSession(
  start: SessionSettings,
  extra: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
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
export async function planned(session: InferenceSession, { wishes }: SessionSettings): Promise<InputPlan> {
  const files = await Promise.all(
    Object.entries(wishes.files).map(async ([name, file]) => [name, await readInputFile(name, file)] as const),
  );
  return planInputs(session.inputMetadata, wishes, Object.fromEntries(files));
}

/** Names of the outputs to fetch: null for all, which is how a session is run where nothing is left out. */
export function fetchable(session: InferenceSession): { names: string[] | null; note: ValueNote | undefined } {
  const others = session.outputMetadata.filter((output) => !output.isTensor || !isElementType(output.type));
  if (others.length === 0) return { names: null, note: undefined };
  const shown = others.map((output) => `${output.name} (${output.isTensor ? output.type : 'not a tensor'})`).join(', ');
  const names = session.outputNames.filter((name) => !others.some((output) => output.name === name));
  if (names.length > 0) return { names, note: noteOn('outputs_left_out', `computed, but not fetched: ${shown}`) };
  const message = `The model has no output that can be fetched: ${shown}. ONNX Runtime for Node fetches tensors; add a tensor to the model's outputs (for a scikit-learn classifier, export it with zipmap=False).`;
  throw new TaskFailure(taskError('bad_model', 'NO_TENSOR_OUTPUT', message));
}

export type Feeds = Record<string, Tensor>;

export function makeFeeds(plan: readonly PlannedInput[], start: SessionSettings): Feeds {
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

/** The one thing that is measured. Not an async function: its extra promise would be measured too. */
export function inferenceOf(session: InferenceSession, feeds: Feeds): Inference {
  const { names } = fetchable(session);
  return names === null ? () => session.run(feeds) : () => session.run(feeds, names);
}
