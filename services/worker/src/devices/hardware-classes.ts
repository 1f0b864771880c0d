import type { Environment, HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { OnnxRuntime } from '../executors/onnx/onnx-runtime.ts';
import type { ProviderName } from '../executors/onnx/providers.ts';
import { cpuDevice } from './cpu.ts';
import { detectCuda, hottestGpu } from './cuda.ts';
import type { Detection } from './found-device.ts';
import { type DeviceWatch, watchNvidiaGpu } from './gpu-watch.ts';
import { detectJetson } from './jetson.ts';
import { detectMps, type Machine } from './mps.ts';
import { detectRocm } from './rocm.ts';
import { CUDA_VISIBILITY, ROCM_VISIBILITY, type Variables, type Visibility, type Visible } from './visible-devices.ts';
import { detectWebGpu } from './webgpu.ts';

/** What detection may look at. */
interface Look {
  /** The worker's own variables. */
  env: Variables;
  machine: Machine;
  /** Undefined where the worker offers no `onnx`. */
  runtime: OnnxRuntime | undefined;
}

interface HardwareClassEntry {
  /** Finds the devices of the class; null where only a person can describe them (WORKER_DEVICES). */
  detect: ((look: Look) => Promise<Visible> | Visible) | null;
  /** The variables that show a process devices of the class; null where there are none. */
  visibility: Visibility | null;
  /**
   * How hardware metrics are read while an attempt runs: of the machine itself, by watching one device (undefined where this
   * one can't be watched), or null where the worker knows no way.
   */
  sampling: 'machine' | ((environment: Environment) => DeviceWatch | undefined) | null;
  /** The highest temperature of the class's devices, for WORKER_MAX_TEMPERATURE_CELSIUS. */
  temperature: (() => Promise<number | null>) | null;
  /** ONNX Runtime's execution provider for it; whether this build has it, ONNX Runtime is asked. */
  provider: ProviderName | null;
}

const BY_A_PERSON = { detect: null, visibility: null, sampling: null, temperature: null } as const;

/** Every hardware class, once: a new one does not compile until it is here. CONTRIBUTING.md says how to add one. */
export const HARDWARE: Readonly<Record<HardwareClass, HardwareClassEntry>> = {
  cpu: {
    detect: () => ({ devices: [cpuDevice()], notes: [] }),
    visibility: null,
    sampling: 'machine',
    temperature: null,
    provider: 'cpu',
  },
  cuda: {
    detect: async ({ env }) =>
      visible(await withJetson(await detectCuda()), (devices) => CUDA_VISIBILITY.visible(devices, env)),
    visibility: CUDA_VISIBILITY,
    sampling: watchNvidiaGpu,
    temperature: () => hottestGpu(),
    provider: 'cuda',
  },
  rocm: {
    detect: async ({ env }) => visible(await detectRocm(), (devices) => ROCM_VISIBILITY.visible(devices, env)),
    visibility: ROCM_VISIBILITY,
    sampling: null,
    temperature: null,
    provider: 'rocm',
  },
  mps: {
    detect: ({ machine }) => visible(detectMps(machine)),
    visibility: null,
    sampling: null,
    temperature: null,
    provider: 'coreml',
  },
  webgpu: {
    detect: async ({ runtime }) => visible(await detectWebGpu(runtime)),
    visibility: null,
    sampling: null,
    temperature: null,
    provider: 'webgpu',
  },
  openvino: { ...BY_A_PERSON, provider: 'openvino' },
  qnn: { ...BY_A_PERSON, provider: 'qnn' },
  directml: { ...BY_A_PERSON, provider: 'dml' },
  tpu: { ...BY_A_PERSON, provider: null },
  npu: { ...BY_A_PERSON, provider: null },
  wasm: { ...BY_A_PERSON, provider: null },
  webnn: { ...BY_A_PERSON, provider: null },
};

function visible({ devices, note }: Detection, obey?: (devices: Detection['devices']) => Visible): Visible {
  const shown = obey?.(devices) ?? { devices, notes: [] };
  return note === undefined ? shown : { ...shown, notes: [note, ...shown.notes] };
}

/** On a Jetson nvidia-smi is often not there, or tells nothing. */
async function withJetson(found: Detection): Promise<Detection> {
  const jetson = found.devices.length === 0 ? await detectJetson() : undefined;
  return jetson === undefined ? found : { ...found, devices: [jetson] };
}

/** The execution provider of a hardware class; null where ONNX Runtime for Node has none. */
export function providerOfClass(hardware: HardwareClass): ProviderName | null {
  return HARDWARE[hardware].provider;
}

/**
 * The variables by which a process that runs on a device is shown that device alone: of several GPUs it would take the
 * first, whichever the task was given. What the worker itself is shown stays where that says nothing of this device. For
 * every executor. Pure.
 * @param own - the worker's variables
 */
export function visibilityVariables(
  { class: hardware, environment }: Pick<Device, 'class' | 'environment'>,
  own: Variables,
): Record<string, string> {
  const shown = HARDWARE[hardware].visibility?.show(environment) ?? {};
  const replaced = Object.keys(shown).length === 0 ? [] : (HARDWARE[hardware].visibility?.variables ?? []);
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && VISIBILITY_VARIABLES.has(entry[0]) && !replaced.includes(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...shown };
}

const VISIBILITY_VARIABLES: ReadonlySet<string> = new Set(
  Object.values(HARDWARE).flatMap(({ visibility }) => visibility?.variables ?? []),
);
