import { type Detection, type FoundDevice, gibibytes } from './found-device.ts';
import { runTool, type ToolOutput } from './run-tool.ts';

/** Asked of nvidia-smi, in this order; `compute_cap` came with driver 510 and is asked for apart. */
const FIELDS = ['index', 'uuid', 'pci.bus_id', 'name', 'memory.total', 'driver_version', 'power.limit'] as const;

/** NVIDIA GPUs, by nvidia-smi. */
export async function detectCuda(run: typeof runTool = runTool): Promise<Detection> {
  let output = await query(run, [...FIELDS, 'compute_cap']);
  if (!output.found && output.reason !== undefined) {
    const older = await query(run, [...FIELDS]);
    if (older.found) output = older;
  }
  if (!output.found) return output.reason === undefined ? { devices: [] } : { devices: [], note: output.reason };
  return { devices: parseNvidiaSmi(output.stdout) };
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

/** Reads the rows that `FIELDS` and then maybe `compute_cap` were asked for. Memory comes in MiB. Pure. */
export function parseNvidiaSmi(csv: string): FoundDevice[] {
  const devices: FoundDevice[] = [];
  for (const line of csv.split('\n')) {
    const [index, uuid, bus, name, memory, driver, power, compute] = line.split(',').map((cell) => cell.trim());
    if (index === undefined || name === undefined || !/^\d+$/.test(index)) continue;
    const memory_gb = numberOrNull(memory);
    devices.push({
      device_id: `cuda-${index}`,
      class: 'cuda',
      name,
      memory_gb: memory_gb === null ? null : gibibytes(memory_gb * 1024 ** 2),
      cuda_compute: numberOrNull(compute),
      slots: 1,
      identity: {
        gpu_model: name,
        gpu_memory_mb: memory_gb,
        gpu_driver: textOrNull(driver),
        gpu_power_limit_watts: numberOrNull(power),
        cuda_compute: numberOrNull(compute),
      },
      instance: { gpu_index: Number(index), gpu_uuid: textOrNull(uuid), gpu_bus: textOrNull(bus) },
    });
  }
  return devices;
}

/** nvidia-smi says `[N/A]`, `[Not Supported]` or `[Unknown Error]` for what it can't tell. */
export function numberOrNull(cell: string | undefined): number | null {
  if (cell === undefined || cell === '') return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

function textOrNull(cell: string | undefined): string | null {
  return cell === undefined || cell === '' || cell.startsWith('[') || cell === 'N/A' ? null : cell;
}
