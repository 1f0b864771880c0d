import { readdirSync } from 'node:fs';
import { cpus, freemem } from 'node:os';
import { machineMemoryBytes, sysText } from './devices/host.ts';

/** What a heartbeat says of the machine; a null has its reason in `unavailable`. */
export interface Load {
  cpu_load_percent: number | null;
  memory_used_mb: number | null;
  memory_total_mb: number | null;
  temperature_celsius: number | null;
  unavailable: Record<string, string>;
}

/** Time that all processors were busy, and all their time, in one unit; only differences mean something. */
export interface CpuTimes {
  busy: number;
  total: number;
}

const MIB = 1024 ** 2;

/** Reads the machine's load. The processors' is the mean since the reading before. */
export class LoadSampler {
  #previous: CpuTimes = readCpuTimes();
  readonly #sensor = findTemperatureSensor();

  sample(): Load {
    const times = readCpuTimes();
    const cpu_load_percent = busyPercent(this.#previous, times);
    this.#previous = times;
    const temperature = this.temperature();
    const unavailable: Record<string, string> = {};
    if (cpu_load_percent === null) unavailable.cpu_load_percent = 'no time has passed since the last reading';
    if (temperature === null) unavailable.temperature_celsius = 'this machine shows no processor temperature sensor';
    return {
      cpu_load_percent,
      memory_used_mb: memoryUsedMb(),
      memory_total_mb: Math.round(machineMemoryBytes() / MIB),
      temperature_celsius: temperature,
      unavailable,
    };
  }

  /** Of the processor package, in degrees Celsius; null where no sensor can be read. */
  temperature(): number | null {
    const milli = this.#sensor === undefined ? null : sysText(this.#sensor);
    return milli === null || milli === '' ? null : Math.round(Number(milli) / 100) / 10;
  }
}

/** Memory in use on the whole machine; what could be freed at once does not count. */
export function memoryUsedMb(): number {
  return Math.round((machineMemoryBytes() - Math.min(freemem(), machineMemoryBytes())) / MIB);
}

/** Busy share between two readings in percent, one decimal; null when no time has passed. Pure. */
export function busyPercent(from: CpuTimes, to: CpuTimes): number | null {
  const total = to.total - from.total;
  if (total <= 0) return null;
  return Math.round(Math.min(1, Math.max(0, (to.busy - from.busy) / total)) * 1000) / 10;
}

/** Cheap on Linux: one line of /proc/stat, however many processors there are. */
export function readCpuTimes(): CpuTimes {
  const line = process.platform === 'linux' ? sysText('/proc/stat')?.split('\n', 1)[0] : undefined;
  if (line !== undefined) {
    // user nice system idle iowait irq softirq steal; guest times are in user already (proc_stat(5)).
    const fields = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const total = fields.reduce((sum, value) => sum + value, 0);
    return { total, busy: total - (fields[3] ?? 0) - (fields[4] ?? 0) };
  }
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}

const ZONES = /^(x86_pkg_temp|cpu[-_]thermal|soc[-_]thermal|cpu-?\d*-thermal|TCPU)$/;
const MONITORS = /^(coretemp|k10temp|zenpower|cpu_thermal)$/;

function findTemperatureSensor(): string | undefined {
  return (
    findNamed('/sys/class/thermal', 'type', ZONES, 'temp') ??
    findNamed('/sys/class/hwmon', 'name', MONITORS, 'temp1_input')
  );
}

function findNamed(folder: string, name: string, pattern: RegExp, reading: string): string | undefined {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return undefined;
  }
  const entry = entries.find(
    (each) =>
      pattern.test(sysText(`${folder}/${each}/${name}`) ?? '') && sysText(`${folder}/${each}/${reading}`) !== null,
  );
  return entry === undefined ? undefined : `${folder}/${entry}/${reading}`;
}
