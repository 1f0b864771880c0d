/** What a device can be; docs/words.md. Without a schema: a page needs none. */
export const HARDWARE_CLASSES = [
  'cpu',
  'cuda',
  'rocm',
  'mps',
  'openvino',
  'qnn',
  'directml',
  'tpu',
  'npu',
  'wasm',
  'webgpu',
  'webnn',
] as const;
