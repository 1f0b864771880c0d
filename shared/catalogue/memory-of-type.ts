import { coverageOf, type ModelSize, workloadOf } from './model-types.ts';

/** Room for what was not seen: other libraries, other inputs of the batch. */
const MEMORY_MARGIN = 1.25;
/** Of a process with PyTorch and transformers and no model, resident. */
const LIBRARIES_BYTES = 360e6;
const BYTES_PER_MIB = 1024 ** 2;
const BYTES_PER_GIB = 1024 ** 3;

/**
 * Memory in GB, to a tenth, that measuring a model type needs, known before it is placed: libraries, and for each instance its
 * weights and what is alive at once in a forward pass of the batch (its workload), or of the size `tiny` at least the peak of the
 * coverage run; with a margin. Weights are drawn in fp32, whatever they become. Null where neither is known.
 */
export function memoryOfType(type: string, size: ModelSize, batch_size: number, instances: number): number | null {
  const { weight_bytes, activation_bytes = 0 } = workloadOf(type, size) ?? {};
  const peak_bytes = size === 'tiny' ? (coverageOf(type).peak_memory_mb ?? 0) * BYTES_PER_MIB : 0;
  if (weight_bytes === undefined && peak_bytes === 0) return null;
  const instance = (weight_bytes ?? 0) + activation_bytes * batch_size;
  const bytes = Math.max(LIBRARIES_BYTES, peak_bytes - instance) + instance * instances;
  return Math.ceil((bytes * MEMORY_MARGIN * 10) / BYTES_PER_GIB) / 10;
}
