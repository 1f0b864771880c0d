import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { OnnxRuntime, ProviderTrial } from '../executors/onnx/onnx-runtime.ts';
import type { Detection, FoundDevice } from './found-device.ts';
import type { Visible } from './visible-devices.ts';

/** Adapters that compute on the processor, as their drivers call them. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render driver|\bWARP\b|software (adapter|rasterizer)/i;

/** Where the loader of Vulkan tells which driver a device comes from. */
const LOADER_VARIABLES = { VK_LOADER_DEBUG: 'driver,info' };

/** The adapter that a session really got. */
export interface Adapter {
  /** Null where the system does not tell it: only Vulkan's loader does. */
  name: string | null;
  /** The driver's library, without its folder. */
  driver: string | null;
  kind: 'software' | 'hardware' | null;
}

/**
 * The adapter behind ONNX Runtime's WebGPU provider, by creating a session on it: what the provider says of itself is only
 * that it was built in. No adapter is no news; a crash is.
 */
export async function detectWebGpu(runtime: OnnxRuntime | undefined): Promise<Detection> {
  if (runtime?.backends.some(({ name }) => name === 'webgpu') !== true) return { devices: [] };
  const trial = await tryWebGpu(runtime);
  if (!trial.usable)
    return { devices: [], ...(trial.crashed ? { note: `no webgpu device is offered: ${trial.reason}` } : {}) };
  const { name, driver, kind } = adapterIn(trial.said);
  return {
    devices: [
      {
        device_id: 'webgpu-0',
        class: 'webgpu',
        name: `${name ?? 'an adapter that the system does not name'}${kind === 'software' ? ', a software adapter' : ''}`,
        memory_gb: null,
        cuda_compute: null,
        slots: 1,
        identity: { gpu_model: name, webgpu_adapter: kind, webgpu_driver: driver },
        instance: {},
      },
    ],
  };
}

const GPU_CLASSES: readonly HardwareClass[] = ['cuda', 'rocm', 'mps'];

/**
 * A device is the unit of exclusivity, and an adapter is often another way to what is offered already: the processor, or a
 * GPU under its own class. Two measurements at once would disturb each other there, so such an adapter is offered only
 * where WORKER_CLASSES asks for `webgpu`, and named otherwise. Pure.
 */
export function withoutSharedGpu(
  found: readonly FoundDevice[],
  classes: readonly HardwareClass[] | undefined,
): Visible {
  const notes: string[] = [];
  const devices = found.filter((device) => {
    if (device.class !== 'webgpu' || classes?.includes('webgpu') === true) return true;
    const gpu = found.find((other) => GPU_CLASSES.includes(other.class));
    const shares =
      device.identity.webgpu_adapter === 'software'
        ? 'which computes on the processor'
        : gpu === undefined
          ? undefined
          : `and the GPU is offered as ${gpu.device_id}`;
    if (shares === undefined) return true;
    notes.push(`WebGPU would run on ${device.name}, ${shares}: it is offered where WORKER_CLASSES names webgpu`);
    return false;
  });
  return { devices, notes };
}

/** Tried once, no matter who asks. */
export function tryWebGpu(runtime: OnnxRuntime): Promise<ProviderTrial> {
  return runtime.try('webgpu', LOADER_VARIABLES);
}

/** Reads which device a process used from what Vulkan's loader (1.3 and later) printed. Pure. */
export function adapterIn(said: string): Adapter {
  const [, name, library] = /Using "([^"\n]+)" with driver: "([^"\n]+)"/.exec(said) ?? [];
  if (name === undefined) return { name: null, driver: null, kind: null };
  const driver = library?.split('/').at(-1) ?? null;
  return { name, driver, kind: SOFTWARE.test(`${name} ${driver ?? ''}`) ? 'software' : 'hardware' };
}
