import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { messageOf } from '@benchwire/shared/model/errors.ts';
import type { PlannedInput } from './input-plan.ts';
import { ruleInWords } from './input-values.ts';
import { PROVIDER_NODE_NAMES, type ProviderName } from './providers.ts';

/**
 * ONNX Runtime's Node binding throws plain Errors: no code, no class. Its text is the only thing that tells an
 * allocation that failed from an input that does not fit, so here, and only here, text is looked at.
 */
const OUT_OF_MEMORY =
  /bad_alloc|failed to allocate memory|available memory of .* is smaller than requested|out of memory|cudaErrorMemoryAllocation|ALLOC_FAILED|array buffer allocation failed|invalid typed array length/i;
const DEVICE = /\bCUDA|CUDNN|CUBLAS|CoreML|DirectML|\bDML|WebGPU|Dawn|\bQNN|device (lost|removed)/i;

/** An error of creating a session that the CPU has none with, or that happens on the CPU. */
export function sessionError(error: unknown, model: string): TaskError {
  const message = messageOf(error);
  if (OUT_OF_MEMORY.test(message)) {
    return taskError('out_of_memory', 'ALLOCATION_FAILED', `Loading ${model} ran out of memory: ${message}`);
  }
  return taskError('bad_model', 'MODEL_NOT_LOADED', `ONNX Runtime could not load ${model}: ${message}`);
}

/** The model loads on the CPU, so it is the provider that is at fault. */
export function providerError(error: unknown, provider: ProviderName): TaskError {
  const message = messageOf(error);
  if (OUT_OF_MEMORY.test(message)) {
    return taskError(
      'out_of_memory',
      'ALLOCATION_FAILED',
      `Loading the model on ${provider} ran out of memory: ${message}`,
    );
  }
  return taskError(
    'device_error',
    'PROVIDER_NOT_USABLE',
    `${PROVIDER_NODE_NAMES[provider]} could not be used on this machine, although the model loads on the CPU. ` +
      `Check the device's driver and the libraries of onnxruntime-node. ONNX Runtime says: ${message}`,
  );
}

/** An error of running the model with inputs that were made for it. */
export function runError(
  error: unknown,
  provider: ProviderName,
  batch_size: number,
  inputs: readonly PlannedInput[] = [],
): TaskError {
  const message = messageOf(error);
  const where = `with batch size ${batch_size} on ${provider}`;
  if (OUT_OF_MEMORY.test(message)) {
    return taskError('out_of_memory', 'ALLOCATION_FAILED', `The model ran out of memory ${where}: ${message}`);
  }
  if (provider !== 'cpu' && DEVICE.test(message)) {
    return taskError('device_error', 'DEVICE_FAILED', `The device failed ${where}: ${message}`);
  }
  return taskError(
    'bad_input',
    'INPUTS_REJECTED',
    `The model did not run ${where}; do the shapes and values fit? ${likelyReason(inputs)}` +
      'config.dimensions and config.shapes set shapes, config.inputs sets values. ' +
      `ONNX Runtime says: ${message}`,
  );
}

/** A rate, an index, a length: whole numbers and texts are where a guess is most often no value that the model takes. */
function likelyReason(inputs: readonly PlannedInput[]): string {
  const guessed = inputs.filter((input) => input.guessed);
  if (guessed.length === 0) return '';
  const shown = guessed
    .slice(0, 8)
    .map(({ name, type, shape, rule }) => `${name} ${type}[${shape.join(', ')}] with ${ruleInWords(rule, type)}`);
  return `The values of ${shown.join('; ')} are guesses, which is a likely reason; set them, as config.inputs: {"${guessed[0]?.name}": …}. `;
}
