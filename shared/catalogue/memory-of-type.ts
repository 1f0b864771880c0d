import { coverageOf, type ModelSize, workloadOf } from './model-types.ts';

/** Room for what was not seen: other libraries, other inputs of the batch. */
const MEMORY_MARGIN = 1.25;
/** Of a process with PyTorch and transformers and no model, resident. */
const LIBRARIES_BYTES = 360e6;
const BYTES_PER_MIB = 1024 ** 2;
const BYTES_PER_GIB = 1024 ** 3;

/** One of the models that a task measures. */
export interface Instances {
  type: string;
  size: ModelSize;
  batch_size: number;
  /** How many of it are there at once. */
  count: number;
}

/**
 * Memory in GB, to a tenth, that measuring a model type needs, known before it is placed: see `memoryOfTypes`. Null where it is not
 * known.
 */
export function memoryOfType(type: string, size: ModelSize, batch_size: number, instances: number): number | null {
  return memoryOfTypes([{ type, size, batch_size, count: instances }]);
}

/**
 * Memory in GB, to a tenth, that a task needs whose models are there at once: libraries, and for each instance its weights and what
 * is alive at once in a forward pass of the batch (its workload), or of the size `tiny` at least the peak of the coverage run; with a
 * margin. Weights are drawn in fp32, whatever they become. A model of which nothing is known adds nothing: what is needed is at least
 * this. Null where none is known.
 */
export function memoryOfTypes(models: readonly Instances[]): number | null {
  const known = models.flatMap((each) => needsOf(each) ?? []);
  if (known.length === 0) return null;
  const shared = Math.max(LIBRARIES_BYTES, ...known.map(({ beside }) => beside));
  const bytes = shared + known.reduce((sum, { instance, count }) => sum + instance * count, 0);
  return Math.ceil((bytes * MEMORY_MARGIN * 10) / BYTES_PER_GIB) / 10;
}

/** Of one instance, and what a process had beside it in the coverage run. */
function needsOf({ type, size, batch_size, count }: Instances) {
  const { weight_bytes, activation_bytes = 0 } = workloadOf(type, size) ?? {};
  const peak_bytes = size === 'tiny' ? (coverageOf(type).peak_memory_mb ?? 0) * BYTES_PER_MIB : 0;
  if (weight_bytes === undefined && peak_bytes === 0) return undefined;
  const instance = (weight_bytes ?? 0) + activation_bytes * batch_size;
  return { instance, count, beside: peak_bytes - instance };
}
