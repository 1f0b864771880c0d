import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { visibilityVariables } from '../../devices/hardware-classes.ts';

/** What a measuring process may need to find libraries and devices. Everything else, secrets above all, stays here. */
const NAMES = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SYSTEMROOT',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'XDG_RUNTIME_DIR',
  'CUDA_PATH',
  'CUDA_HOME',
]);
const DEVICES = /^(CUDA_MODULE_LOADING|NVIDIA_\w+|VK_\w+)$/;

/** The variables of `own` that a measuring process is given, and those that show it its device alone. Pure. */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  device: Pick<Device, 'class' | 'environment'>,
): Record<string, string> {
  // Official builds of ONNX Runtime 1.29 and later send session, model and error details to Microsoft, also on Linux
  // and macOS, and leave a log per process in the temporary folder, unless told not to (microsoft/onnxruntime #27379).
  const kept: Record<string, string> = { ORT_DISABLE_TELEMETRY: '1' };
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && (NAMES.has(name.toUpperCase()) || DEVICES.test(name))) kept[name] = value;
  }
  return { ...kept, ...visibilityVariables(device, own) };
}
