import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import type { ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { badModel } from '@benchwire/shared/model/errors.ts';
import { modelInputs } from '@benchwire/shared/model/model-inputs.ts';
import { type InputFile, readInputFile } from './input-files.ts';
import { type PlannedInput, planInputs } from './input-plan.ts';
import { wishesOf } from './input-wishes.ts';
import type { ResolvedModel } from './model-source.ts';

/**
 * What each batch size is fed with, ascending, by what the file says of its inputs: for runners that get their elements from here.
 * @throws TaskFailure as `planInputs`, and for a file that does not say which inputs it has
 */
export async function planOfModel(
  config: Parameters<typeof wishesOf>[0] & Pick<OnnxConfig, 'model'>,
  model: ResolvedModel,
  files: Readonly<Record<string, InputFile>>,
): Promise<{ plans: Array<[batch_size: number, inputs: PlannedInput[]]>; notes: ValueNote[] }> {
  const declared = await modelInputs(model.path);
  if (declared === null)
    throw badModel('MODEL_NOT_LOADED', `${config.model} is not an ONNX file that says which inputs it has.`);
  const wishes = wishesOf(config, model.catalogue, files);
  const values = await Promise.all(
    Object.entries(files).map(async ([name, file]) => [name, await readInputFile(name, file)] as const),
  );
  const { batches, notes } = planInputs(declared, wishes, Object.fromEntries(values));
  return { plans: wishes.batch_sizes.map((size, i) => [size, batches[i] ?? []]), notes };
}
