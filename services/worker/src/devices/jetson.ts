import type { FoundDevice } from './found-device.ts';
import { gibibytes } from './found-device.ts';
import { machineMemoryBytes, sysText } from './host.ts';
import { runTool } from './run-tool.ts';

/** CUDA compute capabilities by module, as NVIDIA lists them; the first that fits counts, since an Orin Nano is no Nano. */
const COMPUTE: ReadonlyArray<readonly [module: RegExp, compute: number]> = [
  [/\bThor\b/i, 11],
  [/\bOrin\b/i, 8.7],
  [/Xavier|Jetson-AGX\b/i, 7.2],
  [/\bTX2\b/i, 6.2],
  [/\b(Nano|TX1)\b/i, 5.3],
];
/** Modules' names begin in one of these ways; a Raspberry Pi has such a file, too. */
const JETSON = /^(NVIDIA\s+)?(Jetson|Orin|Thor)\b/i;

/** The GPU of a Jetson, for machines on which nvidia-smi tells nothing of it. It shares the machine's memory. */
export async function detectJetson(
  read: (path: string) => string | null = sysText,
  run: typeof runTool = runTool,
): Promise<FoundDevice | undefined> {
  const model = clean(read('/proc/device-tree/model'));
  if (model === undefined || !JETSON.test(model)) return undefined;
  const modes = await run('nvpmodel', ['-q']);
  const memory_bytes = machineMemoryBytes();
  const cuda_compute = COMPUTE.find(([module]) => module.test(model))?.[1] ?? null;
  return {
    device_id: 'cuda-0',
    class: 'cuda',
    name: `${model} GPU`,
    memory_gb: gibibytes(memory_bytes),
    cuda_compute,
    slots: 1,
    identity: {
      gpu_model: model,
      gpu_memory_mb: null,
      gpu_driver: l4tRelease(read('/etc/nv_tegra_release')),
      gpu_power_limit_watts: null,
      gpu_power_mode: modes.found ? powerMode(modes.stdout) : null,
      cuda_compute,
    },
    instance: { gpu_index: 0, gpu_uuid: null, gpu_tool: 'tegrastats' },
  };
}

/** The device tree ends its texts with a zero. */
function clean(text: string | null): string | undefined {
  const name = text?.replaceAll('\0', '').trim();
  return name === undefined || name === '' ? undefined : name;
}

/** `# R35 (release), REVISION: 4.1, GCID: …` is L4T R35.4.1. Pure. */
export function l4tRelease(text: string | null): string | null {
  const [, release, revision] = /^#?\s*R(\d+)\b.*?REVISION:\s*([\d.]+)/m.exec(text ?? '') ?? [];
  return release === undefined ? null : `L4T R${release}.${revision}`;
}

/** `NV Power Mode: MAXN`, and a number below it. Pure. */
export function powerMode(text: string): string | null {
  return /^NV Power Mode\s*:\s*(\S.*)$/m.exec(text)?.[1]?.trim() ?? null;
}
