import type { RunnerMessage, RunnerTask } from '@benchwire/shared/contracts/runner.ts';

/** What the thread was about to do when it failed. */
export type Phase = 'start' | 'download' | 'session' | 'run';

type Failure = Extract<RunnerMessage, { type: 'failed' }>['error'];

/** ONNX Runtime throws plain Errors, or numbers (the address of a C++ exception), so only their text tells them apart. */
const OUT_OF_MEMORY =
  /bad_alloc|out of memory|memory access out of bounds|allocation failed|invalid typed array length|RangeError/i;
const GPU_LOST =
  /device (was |is )?(lost|destroyed)|GPUDevice|external Instance reference no longer exists|context lost/i;

/** An error as outcomes have it: class, code, and a sentence. Pure. */
export function failureOf(
  error: unknown,
  phase: Phase,
  { model, device }: RunnerTask,
  batch_size: number | null,
): Failure {
  const message = messageOf(error);
  const where = batch_size === null ? '' : ` with batch size ${batch_size}`;
  if (GPU_LOST.test(message))
    return {
      class: 'device_error',
      code: 'GPU_LOST',
      message: `The browser lost the ${device} device${where}: ${message}`,
    };
  if (OUT_OF_MEMORY.test(message))
    return {
      class: 'out_of_memory',
      code: 'ALLOCATION_FAILED',
      message: `${model} ran out of memory in the browser${where} (WebAssembly has 4 GiB at most): ${message}`,
    };
  switch (phase) {
    case 'start':
      return {
        class: 'device_error',
        code: 'PROVIDER_NOT_USABLE',
        message: `ONNX Runtime did not start in the browser: ${message}`,
      };
    case 'download':
      return {
        class: 'crash',
        code: 'RUNNER_LOST',
        message: `The page could not get the model from its worker: ${message}`,
      };
    case 'session':
      return {
        class: 'bad_model',
        code: 'MODEL_NOT_LOADED',
        message: `ONNX Runtime could not load ${model} on ${device}: ${message}`,
      };
    case 'run':
      return {
        class: 'bad_input',
        code: 'INPUTS_REJECTED',
        message: `The model did not run${where} on ${device}; do the shapes and values fit? config.dimensions and config.shapes set shapes, config.inputs sets values. ONNX Runtime says: ${message}`,
      };
    default:
      return phase satisfies never;
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 2000);
}
