import { type Detection, type FoundDevice, gibibytes } from './found-device.ts';
import { runTool } from './run-tool.ts';

/** AMD GPUs, by rocm-smi. */
export async function detectRocm(run: typeof runTool = runTool): Promise<Detection> {
  const args = ['--showproductname', '--showmeminfo', 'vram', '--showuniqueid', '--showdriverversion', '--json'];
  const output = await run('rocm-smi', args);
  if (!output.found) return output.reason === undefined ? { devices: [] } : { devices: [], note: output.reason };
  const devices = parseRocmSmi(output.stdout);
  return devices === undefined
    ? { devices: [], note: 'rocm-smi printed no JSON: set WORKER_DEVICES by hand' }
    : { devices };
}

/**
 * Reads rocm-smi's JSON: an object per card and one called `system`. Its versions spell the keys differently
 * (`Card series`, `Card Series`), so they are compared without case. Undefined for anything that is no JSON. Pure.
 */
export function parseRocmSmi(text: string): FoundDevice[] | undefined {
  // Warnings may stand before the JSON.
  const start = text.indexOf('{');
  let cards: Record<string, Record<string, unknown>>;
  try {
    cards = JSON.parse(text.slice(Math.max(0, start)));
  } catch {
    return undefined;
  }
  const driver = lookup(cards.system, 'driver version');
  const devices: FoundDevice[] = [];
  for (const [key, card] of Object.entries(cards)) {
    const index = /^card(\d+)$/.exec(key)?.[1];
    if (index === undefined) continue;
    const bytes = Number(lookup(card, 'vram total memory (b)'));
    const memory_gb = Number.isFinite(bytes) && bytes > 0 ? gibibytes(bytes) : null;
    const series = lookup(card, 'card series') ?? lookup(card, 'device name') ?? lookup(card, 'card model');
    const name = series ?? 'AMD GPU';
    devices.push({
      device_id: `rocm-${index}`,
      class: 'rocm',
      name,
      memory_gb,
      cuda_compute: null,
      slots: 1,
      identity: {
        gpu_model: name,
        gpu_sku: lookup(card, 'card sku') ?? null,
        gpu_architecture: lookup(card, 'gfx version') ?? null,
        gpu_memory_mb: Number.isFinite(bytes) ? Math.round(bytes / 1024 ** 2) : null,
        gpu_driver: driver ?? null,
      },
      instance: { gpu_index: Number(index), gpu_uuid: lookup(card, 'unique id') ?? null },
    });
  }
  return devices;
}

function lookup(card: Record<string, unknown> | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(card ?? {})) {
    if (key.toLowerCase() === name && typeof value === 'string' && value !== '' && value !== 'N/A') return value;
  }
  return undefined;
}
