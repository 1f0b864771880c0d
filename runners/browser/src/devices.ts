import type { RunnerDevice } from '@benchwire/shared/contracts/runner.ts';

/** The parts of WebGPU and WebNN that are asked for here; TypeScript has no types of them. */
interface Adapter {
  info: { vendor: string; architecture: string; device: string; description: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
  features: Iterable<string>;
  limits: Record<string, unknown>;
}
interface Navigator2 {
  gpu?: { requestAdapter(options?: unknown): Promise<Adapter | null> };
  ml?: { createContext(options?: unknown): Promise<{ opSupportLimits?: () => Record<string, unknown> }> };
  deviceMemory?: number;
}

/** Adapters that compute on the processor, as their drivers call them. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render driver|\bWARP\b|software/i;

/** Every device that this page can measure on: WebAssembly, the adapter of WebGPU, the contexts of WebNN. */
export async function findDevices(common: RunnerDevice['facts']): Promise<RunnerDevice[]> {
  const own = navigator as Navigator & Navigator2;
  return [wasmDevice(common, own), ...(await webgpuDevice(common, own)), ...(await webnnDevice(common, own))];
}

function wasmDevice(common: RunnerDevice['facts'], { deviceMemory }: Navigator2): RunnerDevice {
  const features = [
    ...(WebAssembly.validate(SIMD) ? ['simd'] : []),
    ...(crossOriginIsolated ? ['threads'] : []),
    ...('JSPI' in WebAssembly || 'Suspending' in WebAssembly ? ['jspi'] : []),
  ];
  return {
    class: 'wasm',
    name: `WebAssembly${features.length === 0 ? '' : ` with ${features.join(', ')}`}`,
    facts: { ...common, wasm_features: features.join(' ') },
    simulated: null,
    features,
    limits: deviceMemory === undefined ? {} : { device_memory_gb: deviceMemory },
  };
}

/** A module with one function that uses a vector instruction. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

async function webgpuDevice(common: RunnerDevice['facts'], { gpu }: Navigator2): Promise<RunnerDevice[]> {
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter === null || adapter === undefined) return [];
  const { vendor, architecture, device, description } = adapter.info;
  const said = [vendor, architecture, device, description].filter((part) => part !== '').join(' ');
  const name = said === '' ? 'an adapter that the browser does not name' : said;
  const is_software =
    adapter.info.isFallbackAdapter === true || adapter.isFallbackAdapter === true || SOFTWARE.test(said);
  const features = [...adapter.features].sort();
  return [
    {
      class: 'webgpu',
      name: is_software ? `${name}, a software adapter` : name,
      facts: {
        ...common,
        webgpu_vendor: vendor,
        webgpu_architecture: architecture,
        webgpu_device: device === '' ? null : device,
        webgpu_adapter: is_software ? 'software' : 'hardware',
        webgpu_features: features.join(' '),
      },
      simulated: is_software ? `WebGPU ran on ${name}, a software adapter that computes on the processor` : null,
      features,
      limits: limitsOf(adapter.limits),
    },
  ];
}

/** Limits are getters of the prototype. */
function limitsOf(limits: Record<string, unknown>): Record<string, number> {
  const names: string[] = [];
  for (const name in limits) names.push(name);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = limits[name];
      return typeof value === 'number' && Number.isFinite(value) ? [[name, value] as const] : [];
    }),
  );
}

/**
 * WebNN gives a context for a GPU or an NPU also where the machine has none, so only the processor's is a device: which
 * hardware computes, the browser does not say.
 */
async function webnnDevice(common: RunnerDevice['facts'], { ml }: Navigator2): Promise<RunnerDevice[]> {
  const context = await ml?.createContext({ deviceType: 'cpu' }).catch(() => undefined);
  if (context === undefined) return [];
  const operators = Object.keys(context.opSupportLimits?.() ?? {}).sort();
  return [
    {
      class: 'webnn',
      name: 'WebNN on the processor',
      facts: { ...common, webnn_device_type: 'cpu' },
      simulated: null,
      features: operators.slice(0, 256),
      limits: {},
    },
  ];
}
