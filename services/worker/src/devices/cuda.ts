import { type Detection, type FoundDevice, gibibytes } from './found-device.ts';
import { machineMemoryBytes } from './host.ts';
import { migDevices } from './mig.ts';
import { runTool, type ToolOutput } from './run-tool.ts';
import { isFault, isNotThere, numberOrNull, textOrNull } from './tool-values.ts';

/** Asked of nvidia-smi, in this order; `compute_cap` came with driver 510 and is asked for apart. */
const FIELDS = ['index', 'uuid', 'pci.bus_id', 'name', 'memory.total', 'driver_version', 'power.limit'] as const;
/** GPUs that MIG can divide. */
const DIVISIBLE = /\b(A30|A100|A800|H20|H100|H200|H800|GH200|B100|B200|B300|GB200|GB300|RTX PRO [56]000)\b/i;
/** Lines that are no GPU and that people have to be told of. */
const MAX_NOTES = 10;
/** 64 TiB, and 100 kW: far beyond any GPU. */
const MAX_GPU_MEMORY_MB = 64 * 1024 ** 2;
const MAX_GPU_WATTS = 100_000;

/** NVIDIA GPUs, by nvidia-smi: what is healthy is offered, and what is not is named. */
export async function detectCuda(run: typeof runTool = runTool): Promise<Detection> {
  let output = await query(run, [...FIELDS, 'compute_cap']);
  let fields = FIELDS.length + 1;
  if (
    !output.found &&
    output.reason !== undefined &&
    parseNvidiaSmi(output.stdout ?? '', fields).devices.length === 0
  ) {
    const older = await query(run, [...FIELDS]);
    if (older.found) {
      output = older;
      fields = FIELDS.length;
    }
  }
  // One GPU that is lost makes the tool fail, also where it has printed the others.
  const { devices, notes } = parseNvidiaSmi(output.found ? output.stdout : (output.stdout ?? ''), fields);
  if (!output.found && output.reason !== undefined && notes.length === 0) notes.push(output.reason);
  if (devices.length === 0) return { devices, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
  const list = devices.some(({ name }) => DIVISIBLE.test(name)) ? await run('nvidia-smi', ['-L']) : undefined;
  const parts = migDevices(devices, list?.found === true ? list.stdout : '');
  return { devices: parts, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
}

function query(run: typeof runTool, fields: readonly string[]): Promise<ToolOutput> {
  return run('nvidia-smi', [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits']);
}

/** The highest temperature of this machine's NVIDIA GPUs in degrees Celsius; null where none is told. */
export async function hottestGpu(run: typeof runTool = runTool): Promise<number | null> {
  const output = await query(run, ['temperature.gpu']);
  if (!output.found) return null;
  const values = output.stdout.split('\n').map((cell) => numberOrNull(cell.trim()));
  return values.reduce((most, value) => (value === null ? most : Math.max(most ?? value, value)), null);
}

/**
 * Reads the rows that `FIELDS` and then maybe `compute_cap` were asked for, value by value. Memory comes in MiB. Notes name
 * the GPUs that are not healthy, and what else the tool has to say. Pure.
 * @param fields - how many were asked for
 * @param machine_bytes - the memory of a GPU that has none of its own
 */
export function parseNvidiaSmi(
  csv: string,
  fields: number = FIELDS.length + 1,
  machine_bytes: number = machineMemoryBytes(),
): { devices: FoundDevice[]; notes: string[] } {
  const devices: FoundDevice[] = [];
  const notes: string[] = [];
  for (const line of csv.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '') continue;
    const row = readRow(line, fields);
    if (row === undefined) {
      if (!/^no devices/i.test(line) && !/^index\s*,/i.test(line)) notes.push(`nvidia-smi says: ${line}`);
      continue;
    }
    const { index, uuid, bus, name, memory, driver, power, compute } = row;
    const cells = [uuid, bus, name, memory, driver, power, compute];
    if (isFault(uuid) || isFault(name) || isFault(memory) || cells.filter(isFault).length > 2) {
      const where = textOrNull(bus) ?? textOrNull(uuid);
      notes.push(
        `GPU ${index}${where === null ? '' : ` (${where})`} is not offered, since nvidia-smi can't read it: ${line}`,
      );
      continue;
    }
    const device_id = `cuda-${index}`;
    if (devices.some((known) => known.device_id === device_id)) continue;
    const memory_mb = between(1, MAX_GPU_MEMORY_MB, numberOrNull(memory));
    if (memory_mb === null && numberOrNull(memory) !== null)
      notes.push(`GPU ${index} is offered with an unknown amount of memory, since nvidia-smi says ${memory} MiB`);
    // NVML tells no memory of a GPU that has none of its own, such as of a GB10 or a Jetson.
    const shares = memory_mb === null && memory !== undefined && isNotThere(memory);
    const memory_gb = memory_mb === null ? null : gibibytes(memory_mb * 1024 ** 2);
    devices.push({
      device_id,
      class: 'cuda',
      name: textOrNull(name) ?? 'NVIDIA GPU',
      memory_gb: shares ? gibibytes(machine_bytes) : memory_gb,
      cuda_compute: numberOrNull(compute),
      slots: 1,
      identity: {
        gpu_model: textOrNull(name) ?? 'NVIDIA GPU',
        gpu_memory_mb: memory_mb,
        gpu_driver: textOrNull(driver),
        gpu_power_limit_watts: between(1, MAX_GPU_WATTS, numberOrNull(power)),
        cuda_compute: numberOrNull(compute),
      },
      instance: { gpu_index: Number(index), gpu_uuid: textOrNull(uuid), gpu_bus: textOrNull(bus) },
    });
  }
  return { devices, notes: notes.slice(0, MAX_NOTES) };
}

type Row = Record<'index' | 'name', string> &
  Partial<Record<'uuid' | 'bus' | 'memory' | 'driver' | 'power' | 'compute', string>>;

/** Null for what no device has: broken drivers print 0, -1 and 2^64-1. */
function between(least: number, most: number, value: number | null): number | null {
  return value !== null && value >= least && value <= most ? value : null;
}

/** Undefined for what is no row. A name may have commas in it, and a number a decimal comma: these have no blank behind them. */
function readRow(line: string, fields: number): Row | undefined {
  const spaced = line.split(/,\s+/);
  const cells = (spaced.length >= 4 ? spaced : line.split(',')).map((cell) => cell.trim());
  const [index, uuid, bus, ...rest] = cells;
  if (index === undefined || !/^\d+$/.test(index) || rest.length === 0) return undefined;
  const behind = fields - 4;
  const extra = Math.max(0, rest.length - behind - 1);
  const name = rest.slice(0, 1 + extra).join(', ');
  const [memory, driver, power, compute] = rest.slice(1 + extra);
  return {
    ...{ index, name },
    ...given({ uuid, bus, memory, driver, power, compute }),
  };
}

function given<T extends Record<string, string | undefined>>(cells: T): Partial<Record<keyof T, string>> {
  return Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== undefined)) as Partial<
    Record<keyof T, string>
  >;
}
