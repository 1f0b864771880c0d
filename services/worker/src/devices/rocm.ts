import { type Detection, type FoundDevice, gibibytes } from './found-device.ts';
import { machineMemoryBytes } from './host.ts';
import { runTool } from './run-tool.ts';
import { isFault, numberOrNull, textOrNull } from './tool-values.ts';

interface Read {
  devices: FoundDevice[];
  notes: string[];
}

/** AMD GPUs, by rocm-smi, or where that is not installed by amd-smi, which takes its place. */
export async function detectRocm(run: typeof runTool = runTool): Promise<Detection> {
  const args = ['--showproductname', '--showmeminfo', 'vram', '--showuniqueid', '--showdriverversion', '--json'];
  const older = await run('rocm-smi', args);
  const isOlder = older.found || older.reason !== undefined;
  const output = isOlder ? older : await run('amd-smi', ['static', '--json']);
  const tool = isOlder ? 'rocm-smi' : 'amd-smi';
  const text = output.found ? output.stdout : (output.stdout ?? '');
  const read = isOlder ? parseRocmSmi(text) : parseAmdSmi(text);
  if (!output.found && (read === undefined || read.devices.length === 0))
    return output.reason === undefined ? { devices: [] } : { devices: [], note: output.reason };
  if (read === undefined) return { devices: [], note: `${tool} printed no JSON: set WORKER_DEVICES by hand` };
  const notes = [...read.notes, ...(output.found || output.reason === undefined ? [] : [output.reason])];
  return { devices: read.devices, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

type Card = Readonly<Record<string, unknown>>;

/**
 * Reads rocm-smi's JSON: an object per card and one called `system`. Its versions spell the keys differently
 * (`Card series`, `Card Series`), so they are compared without case. Undefined for anything that is no JSON. Pure.
 */
export function parseRocmSmi(text: string, machine_bytes: number = machineMemoryBytes()): Read | undefined {
  const cards = jsonIn(text) as Record<string, Card> | undefined;
  if (cards === undefined || Array.isArray(cards)) return undefined;
  const driver = lookup(cards.system, 'driver version');
  const read: Read = { devices: [], notes: [] };
  for (const [key, card] of Object.entries(cards)) {
    const index = /^card(\d+)$/.exec(key)?.[1];
    if (index === undefined || typeof card !== 'object' || card === null) continue;
    const name = lookup(card, 'card series') ?? lookup(card, 'device name') ?? lookup(card, 'card model');
    add(read, {
      ...{ index, name, driver, faulty: faultIn(card), machine_bytes },
      bytes: numberOrNull(lookup(card, 'vram total memory (b)')),
      sku: lookup(card, 'card sku'),
      architecture: lookup(card, 'gfx version'),
      uuid: lookup(card, 'unique id'),
      bus: lookup(card, 'pci bus'),
    });
  }
  return read;
}

/** Reads `amd-smi static --json`: a list of GPUs, in newer versions under `gpu_data`. Pure. */
function parseAmdSmi(text: string, machine_bytes: number = machineMemoryBytes()): Read | undefined {
  const json = jsonIn(text) as { gpu_data?: unknown } | unknown[] | undefined;
  const list = Array.isArray(json) ? json : json?.gpu_data;
  if (!Array.isArray(list)) return undefined;
  const read: Read = { devices: [], notes: [] };
  for (const each of list as Record<string, Card>[]) {
    const { asic = {}, vram = {}, driver = {}, bus = {} } = each;
    const size = vram.size as { value?: unknown; unit?: unknown } | string | number | undefined;
    const value = typeof size === 'object' ? size.value : size;
    const amount = numberOrNull(typeof value === 'number' ? value : String(value ?? ''));
    const unit = typeof size === 'object' && /^gi?b$/i.test(String(size.unit)) ? 1024 ** 3 : 1024 ** 2;
    add(read, {
      index: String(each.gpu ?? read.devices.length),
      name: lookup(asic, 'market_name'),
      driver: lookup(driver, 'version') ?? lookup(driver, 'driver_version'),
      faulty: faultIn(asic),
      bytes: amount === null ? null : amount * unit,
      sku: lookup(asic, 'device_id'),
      architecture: lookup(asic, 'target_graphics_version'),
      uuid: lookup(asic, 'asic_serial'),
      bus: lookup(bus, 'bdf'),
      machine_bytes,
    });
  }
  return read;
}

interface Told {
  index: string;
  name: string | undefined;
  driver: string | undefined;
  /** The value that says that something is wrong. */
  faulty: string | undefined;
  bytes: number | null;
  sku: string | undefined;
  architecture: string | undefined;
  uuid: string | undefined;
  bus: string | undefined;
  machine_bytes: number;
}

/** Processors with a GPU, which shares their memory: what is called its VRAM is a part that firmware has set aside. */
const SHARES_MEMORY =
  /MI300A|\bAPU\b|Ryzen|Strix|Phoenix|Hawk Point|Rembrandt|Radeon (6[68]0M|7[468]0M|8[0-9]{2,3}[MS])|Radeon(\(TM\))? Graphics/i;

function add(read: Read, told: Told): void {
  const { index, faulty, bytes, machine_bytes } = told;
  const name = told.name ?? 'AMD GPU';
  if (faulty !== undefined) {
    read.notes.push(
      `AMD GPU ${index}${told.bus === undefined ? '' : ` (${told.bus})`} is not offered, since its tool can't read it: ${faulty}`,
    );
    return;
  }
  const memory_gb = bytes !== null && bytes > 0 ? gibibytes(bytes) : null;
  read.devices.push({
    device_id: `rocm-${index}`,
    class: 'rocm',
    name,
    memory_gb: SHARES_MEMORY.test(name) ? gibibytes(machine_bytes) : memory_gb,
    cuda_compute: null,
    slots: 1,
    identity: {
      gpu_model: name,
      gpu_sku: told.sku ?? null,
      gpu_architecture: told.architecture ?? null,
      gpu_memory_mb: bytes === null ? null : Math.round(bytes / 1024 ** 2),
      gpu_driver: told.driver ?? null,
    },
    instance: { gpu_index: Number(index), gpu_uuid: told.uuid ?? null },
  });
}

/** The JSON in what a tool printed, between warnings and whatever comes behind. */
function jsonIn(text: string): unknown {
  const starts = [...text.matchAll(/^[\t ]*[[{]/gm)].map(({ index }) => index);
  for (const start of starts) {
    const open = text.slice(start).trimStart()[0];
    for (
      let end = text.lastIndexOf(open === '{' ? '}' : ']');
      end > start;
      end = text.lastIndexOf(open === '{' ? '}' : ']', end - 1)
    ) {
      try {
        return JSON.parse(text.slice(start, end + 1));
      } catch {
        // Maybe a bracket of what stands behind it.
      }
      if (text.length - end > 65_536) break;
    }
  }
  return undefined;
}

function faultIn(card: Card): string | undefined {
  const names = Object.entries(card).find(
    ([key, value]) => /vram total|card (series|model)|market_name|unique id/i.test(key) && isFault(String(value)),
  );
  return names === undefined ? undefined : `${names[0]}: ${String(names[1])}`;
}

function lookup(card: Card | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(card ?? {})) {
    if (key.toLowerCase() !== name) continue;
    const text = typeof value === 'string' || typeof value === 'number' ? textOrNull(String(value).trim()) : null;
    if (text !== null) return text;
  }
  return undefined;
}
