import { stat } from 'node:fs/promises';
import type { CatalogueModel } from '@benchwire/shared/catalogue/catalogue.ts';
import type { JobTaskOf } from '@benchwire/shared/contracts/executors.ts';
import { readPlace } from '@benchwire/shared/contracts/settings.ts';
import type { OnnxConfig } from '@benchwire/shared/contracts/task.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import { modelInputs } from '@benchwire/shared/model/model-inputs.ts';
import { type FileValues, type InputFile, readInputFile } from './input-files.ts';
import type { InputWishes } from './input-plan.ts';
import type { ResolvedModel } from './model-source.ts';
import { sizesInOneForm } from './sizes-in-one-form.ts';

/** What a task and the catalogue say about the inputs of its model. */
export function wishesOf(
  config: Pick<OnnxConfig, 'batch_sizes' | 'dimensions' | 'shapes' | 'batch_dimensions' | 'inputs'>,
  catalogue: CatalogueModel | null,
  files: Readonly<Record<string, InputFile>>,
): InputWishes {
  return {
    // Ascending, because the peak of a process's memory only grows: so each is the peak of its own batch size.
    batch_sizes: config.batch_sizes.toSorted((a, b) => a - b),
    dimensions: { ...defaultsOf(catalogue), ...config.dimensions },
    shapes: config.shapes ?? {},
    batch_dimensions: config.batch_dimensions,
    inputs: config.inputs ?? {},
    files,
    known: catalogue && { inputs: catalogue.inputs, batch_dimension: catalogue.batch_dimension },
  };
}

function defaultsOf(catalogue: CatalogueModel | null): Record<string, number> {
  return Object.fromEntries(Object.entries(catalogue?.dimensions ?? {}).map(([name, { size }]) => [name, size]));
}

const SIZES = ['dimensions', 'shapes', 'batch_dimensions'] as const;
/** Files with values are read for their shapes only as far as that takes no time worth speaking of. */
const MAX_READ_BYTES = 16 * 1024 ** 2;

/**
 * The config with the sizes of its inputs written in one form, since the model decides which dimensions `shapes` and `dimensions` speak of.
 * @returns undefined where they are in it already, or where that cannot be told: then the series is named by what was written
 */
export async function configInOneForm(
  { config, not_in_series = [] }: Pick<JobTaskOf<'onnx'>, 'config' | 'not_in_series'>,
  model: ResolvedModel,
  files: Readonly<Record<string, InputFile>>,
): Promise<OnnxConfig | undefined> {
  if (SIZES.every((field) => config[field] === undefined)) return undefined;
  // Its author says which of them are no settings.
  if (not_in_series.some((place) => SIZES.some((field) => field === readPlace(place).path[0]))) return undefined;
  const declared = await modelInputs(model.path);
  const values = await valuesOf(files);
  if (declared === null || values === null) return undefined;
  const wishes = wishesOf(config, model.catalogue, files);
  const sizes = sizesInOneForm(declared, wishes, defaultsOf(model.catalogue), values);
  if (sizes === undefined || SIZES.every((field) => JSON.stringify(sizes[field]) === JSON.stringify(config[field])))
    return undefined;
  const { dimensions: _, shapes: __, batch_dimensions: ___, ...others } = config;
  const { batch_dimensions, dimensions, shapes } = sizes;
  return {
    ...others,
    dimensions: { ...dimensions },
    shapes: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]])),
    ...(batch_dimensions === undefined ? {} : { batch_dimensions: [...batch_dimensions] }),
  };
}

/** Null where they are too large, or cannot be read: measuring them says what is wrong. */
async function valuesOf(files: Readonly<Record<string, InputFile>>): Promise<Record<string, FileValues> | null> {
  const named = Object.entries(files);
  const sizes = await Promise.all(named.map(async ([, { path }]) => (await stat(path)).size));
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_READ_BYTES) return null;
  try {
    return Object.fromEntries(
      await Promise.all(named.map(async ([name, file]) => [name, await readInputFile(name, file)])),
    );
  } catch (error) {
    if (error instanceof TaskFailure) return null;
    throw error;
  }
}
