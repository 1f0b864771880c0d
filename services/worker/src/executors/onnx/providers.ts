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
} as const;
export type ProviderName = keyof typeof PROVIDER_NODE_NAMES;

const BY_CLASS: Record<HardwareClass, ProviderName | null> = {
  cpu: 'cpu',
  cuda: 'cuda',
  rocm: 'rocm',
  mps: 'coreml',
  openvino: 'openvino',
  qnn: 'qnn',
  directml: 'dml',
  webgpu: 'webgpu',
  tpu: null,
  npu: null,
  wasm: null,
  webnn: null,
};

/** The execution provider of a hardware class; null where ONNX Runtime for Node has none. */
export function providerOfClass(hardware: HardwareClass): ProviderName | null {
  return BY_CLASS[hardware];
}

export function noProviderError(hardware: HardwareClass): TaskError {
  return taskError(
    'executor_missing',
    'PROVIDER_MISSING',
    `ONNX Runtime for Node has no execution provider for "${hardware}" devices. ` +
      `It has them for: ${Object.entries(BY_CLASS)
        .flatMap(([name, provider]) => (provider ? [name] : []))
        .join(', ')}.`,
  );
}

/** What a session takes. The CPU needs no naming, and then the session is exactly that of a bare `create(path)`. */
export function executionProviders(provider: ProviderName): string[] | undefined {
  return provider === 'cpu' ? undefined : [provider];
}
