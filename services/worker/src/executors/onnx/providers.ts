import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';

/** Execution providers by the name that onnxruntime-node takes, with the name that its profile gives the nodes. */
export const PROVIDER_NODE_NAMES = {
  cpu: 'CPUExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  rocm: 'ROCMExecutionProvider',
  coreml: 'CoreMLExecutionProvider',
  webgpu: 'WebGpuExecutionProvider',
  dml: 'DmlExecutionProvider',
  qnn: 'QNNExecutionProvider',
  openvino: 'OpenVINOExecutionProvider',
  // In a browser only.
  webnn: 'WebNNExecutionProvider',
} as const;
export type ProviderName = keyof typeof PROVIDER_NODE_NAMES;

/** @param backends - what this machine's ONNX Runtime says it has */
export function noProviderError(hardware: HardwareClass, backends: ReadonlySet<string> | undefined): TaskError {
  const has = backends === undefined ? '' : ` It has: ${[...backends].join(', ')}.`;
  return taskError(
    'executor_missing',
    'PROVIDER_MISSING',
    `ONNX Runtime for Node, as it is installed here, has no execution provider for "${hardware}" devices.${has}`,
  );
}

/** What a session takes. The CPU needs no naming, and then the session is exactly that of a bare `create(path)`. */
export function executionProviders(provider: ProviderName): string[] | undefined {
  return provider === 'cpu' ? undefined : [provider];
}
