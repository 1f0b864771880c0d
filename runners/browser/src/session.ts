import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import type { Feed, TaskFiles } from './messages.ts';

export type Ort = typeof import('onnxruntime-web');

/** Where the worker serves the files of onnxruntime-web. */
const ORT_FOLDER = '/ort/';
/** The build with the fewest parts that has the provider: WebGPU's and WebNN's are in the other one. */
const BUILDS: Partial<Record<HardwareClass, { script: string; wasm: string }>> = {
  wasm: { script: 'ort.wasm.min.mjs', wasm: 'ort-wasm-simd-threaded.wasm' },
  webgpu: { script: 'ort.webgpu.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify.wasm' },
  webnn: { script: 'ort.webgpu.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify.wasm' },
};

/** A graph of one Identity node: creating a session of it starts ONNX Runtime, and nothing else. */
const IDENTITY = Uint8Array.from(
  atob('CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN'),
  (letter) => letter.charCodeAt(0),
);

export interface Started {
  ort: Ort;
  timings: Record<string, number>;
}

/** Loads ONNX Runtime's script and its WebAssembly, and starts it: each timed apart. */
export async function startRuntime(hardware: HardwareClass, threads: number | null): Promise<Started> {
  const build = BUILDS[hardware];
  if (build === undefined) throw new Error(`a browser has no devices of the class ${hardware}`);
  const timings: Record<string, number> = {};
  const ort = await timed(
    timings,
    'import_ms',
    () => import(/* @vite-ignore */ `${ORT_FOLDER}${build.script}`) as Promise<Ort>,
  );
  ort.env.wasm.wasmPaths = ORT_FOLDER;
  if (threads !== null) ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmBinary = await timed(timings, 'runtime_download_ms', () => download(`${ORT_FOLDER}${build.wasm}`));
  return { ort, timings };
}

/** The bytes of what the worker serves. */
export async function download(url: string): Promise<ArrayBuffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  return await answer.arrayBuffer();
}

export async function timed<T>(timings: Record<string, number>, name: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await action();
  } finally {
    timings[name] = performance.now() - started;
  }
}

export function sessionOptions(
  hardware: HardwareClass,
  { device_type, external }: TaskFiles,
  weights: ReadonlyArray<ArrayBuffer>,
): InferenceSession.SessionOptions {
  const provider = hardware === 'webnn' ? { name: 'webnn' as const, deviceType: device_type ?? 'cpu' } : hardware;
  return {
    executionProviders: [provider as 'wasm'],
    ...(external.length === 0
      ? {}
      : {
          externalData: external.map(({ path }, i) => ({
            path,
            data: new Uint8Array(weights[i] ?? new ArrayBuffer(0)),
          })),
        }),
  };
}

const VIEWS: Record<string, { from(buffer: ArrayBuffer): ArrayBufferView }> = {
  float32: { from: (buffer) => new Float32Array(buffer) },
  float64: { from: (buffer) => new Float64Array(buffer) },
  // Half floats travel as their bits, which the tensor takes in every browser.
  float16: { from: (buffer) => new Uint16Array(buffer) },
  int8: { from: (buffer) => new Int8Array(buffer) },
  uint8: { from: (buffer) => new Uint8Array(buffer) },
  int16: { from: (buffer) => new Int16Array(buffer) },
  uint16: { from: (buffer) => new Uint16Array(buffer) },
  int32: { from: (buffer) => new Int32Array(buffer) },
  uint32: { from: (buffer) => new Uint32Array(buffer) },
  int64: { from: (buffer) => new BigInt64Array(buffer) },
  uint64: { from: (buffer) => new BigUint64Array(buffer) },
  bool: { from: (buffer) => new Uint8Array(buffer) },
};

/** @throws Error for a type that the worker should not have sent */
export function tensorOf(ort: Ort, { name, type, shape }: Feed, elements: ArrayBuffer): [string, Tensor] {
  const view = VIEWS[type];
  if (view === undefined) throw new Error(`input "${name}" has elements of type ${type}`);
  return [name, new ort.Tensor(type as 'float32', view.from(elements) as Float32Array, shape)];
}

/** Starts ONNX Runtime where the script is loaded: the first session compiles the WebAssembly and makes its threads. */
export async function warmRuntime(ort: Ort): Promise<void> {
  const session = await ort.InferenceSession.create(IDENTITY, { executionProviders: ['wasm'] });
  await session.release();
}
