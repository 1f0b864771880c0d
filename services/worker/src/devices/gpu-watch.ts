import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import { numberOrNull } from './tool-values.ts';

/** What one GPU did while an attempt ran. */
export interface GpuUse {
  /** Mean. */
  gpu_utilization_percent: number | null;
  /** Highest. */
  memory_usage_mb: number | null;
  /** Mean. */
  power_consumption_watts: number | null;
  /** Highest. */
  temperature_celsius: number | null;
}

/** Reads `utilization.gpu, memory.used, power.draw, temperature.gpu`; values that aren't told are null. Pure. */
export function parseGpuLine(line: string): GpuUse | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  if (cells.length !== 4) return undefined;
  const [use, memory, power, temperature] = cells;
  return {
    gpu_utilization_percent: numberOrNull(use),
    memory_usage_mb: numberOrNull(memory),
    power_consumption_watts: numberOrNull(power),
    temperature_celsius: numberOrNull(temperature),
  };
}

/** Mean use and power, highest memory and temperature; null where no sample has a value. Pure. */
export function summarizeGpu(samples: readonly GpuUse[]): GpuUse {
  const of = (field: keyof GpuUse): number[] => samples.map((s) => s[field]).filter((value) => value !== null);
  const mean = (values: number[]): number | null =>
    values.length === 0 ? null : Math.round((values.reduce((sum, v) => sum + v, 0) / values.length) * 10) / 10;
  const most = (values: number[]): number | null => (values.length === 0 ? null : Math.max(...values));
  return {
    gpu_utilization_percent: mean(of('gpu_utilization_percent')),
    memory_usage_mb: most(of('memory_usage_mb')),
    power_consumption_watts: mean(of('power_consumption_watts')),
    temperature_celsius: most(of('temperature_celsius')),
  };
}

/** Enough for hours; older samples make room by halving the resolution. */
const MAX_SAMPLES = 4096;

/** One device that is watched while an attempt runs; `stop` is called once. */
export interface DeviceWatch {
  stop(): {
    use: GpuUse;
    /** Of what is null. */
    reason: string;
    /** That and why the device ran below its clock, where it tells. */
    throttled?: string | undefined;
  };
}

/** Bits of `clocks_throttle_reasons.active` by which a GPU runs slower than it could (nvml.h); the others are settings or idleness. */
const THROTTLE_REASONS: ReadonlyArray<readonly [bit: number, name: string]> = [
  [0x04, 'power cap'],
  [0x08, 'hardware slowdown'],
  [0x20, 'heat, by software'],
  [0x40, 'heat, by hardware'],
  [0x80, 'power brake'],
];

/** Which share of the samples each reason was active in; undefined where none was. Pure. @param masks - as nvidia-smi prints them */
export function throttledInWords(masks: readonly string[]): string | undefined {
  const values = masks.map((mask) => (/^0x[0-9a-f]+$/i.test(mask) ? Number.parseInt(mask, 16) : null));
  const known = values.filter((value) => value !== null);
  const reasons = THROTTLE_REASONS.flatMap(([bit, name]) => {
    const count = known.filter((value) => (value & bit) !== 0).length;
    return count === 0 ? [] : [`${name} in ${count}`];
  });
  if (reasons.length === 0) return undefined;
  return `the GPU ran below its clock while this ran: ${reasons.join(', ')} of ${known.length} samples, one a second`;
}

/** Undefined for a device whose place is not known. */
export function watchNvidiaGpu({ gpu_index, gpu_tool }: Environment): DeviceWatch | undefined {
  if (gpu_tool === 'tegrastats') return new JetsonWatch();
  return typeof gpu_index === 'number' ? new NvidiaWatch(gpu_index) : undefined;
}

const USE_FIELDS = 'utilization.gpu,memory.used,power.draw,temperature.gpu';

/** Watches one NVIDIA GPU with a single nvidia-smi that prints once a second, so that sampling costs next to nothing. */
class NvidiaWatch implements DeviceWatch {
  #child: ChildProcess;
  #samples: GpuUse[] = [];
  #masks: string[] = [];
  #failure: string | undefined;
  #stopped = false;

  constructor(gpu_index: number) {
    this.#child = this.#watch(gpu_index, `${USE_FIELDS},clocks_throttle_reasons.active`);
    // A tool that does not know the reasons prints nothing at all.
    this.#child.once('close', () => {
      if (!this.#stopped && this.#samples.length === 0 && this.#failure === undefined)
        this.#child = this.#watch(gpu_index, USE_FIELDS);
    });
  }

  #watch(gpu_index: number, fields: string): ChildProcess {
    const args = ['-i', String(gpu_index), `--query-gpu=${fields}`, '--format=csv,noheader,nounits', '-lms', '1000'];
    const child = spawn('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.once('error', (error) => {
      this.#failure = `nvidia-smi failed: ${error.message}`;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, use = line, mask] = /^(.*),\s*(0x[0-9a-f]+|\[?n\/a\]?|\[not supported\])\s*$/i.exec(line) ?? [];
      const sample = parseGpuLine(use) ?? parseGpuLine(line);
      if (sample === undefined) return;
      this.#samples.push(sample);
      if (mask !== undefined) this.#masks.push(mask);
      if (this.#samples.length > MAX_SAMPLES) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
      if (this.#masks.length > MAX_SAMPLES) this.#masks = this.#masks.filter((_, index) => index % 2 === 0);
    });
    return child;
  }

  /** Ends the watch. */
  stop(): ReturnType<DeviceWatch['stop']> {
    this.#stopped = true;
    this.#child.kill('SIGKILL');
    return {
      use: summarizeGpu(this.#samples),
      throttled: throttledInWords(this.#masks),
      reason:
        this.#failure ?? (this.#samples.length === 0 ? 'ran too short to be sampled' : 'nvidia-smi does not report it'),
    };
  }
}

/**
 * Reads a line of tegrastats: `RAM 2448/7772MB … GR3D_FREQ 27% … GPU@35.5C … VDD_IN 4990mW/4990mW`. Memory is the machine's,
 * which the GPU shares, and power the whole module's; what a line does not tell is null. Pure.
 */
export function parseTegrastatsLine(line: string): GpuUse | undefined {
  if (!/\bRAM \d+\/\d+MB/.test(line)) return undefined;
  const value = (pattern: RegExp): number | null => numberOrNull(pattern.exec(line)?.[1]);
  const milliwatts = value(/\b(?:VDD_IN|POM_5V_IN) (\d+)(?:mW)?\//);
  return {
    gpu_utilization_percent: value(/\bGR3D(?:_FREQ)? (\d+)%/),
    memory_usage_mb: value(/\bRAM (\d+)\//),
    power_consumption_watts: milliwatts === null ? null : milliwatts / 1000,
    temperature_celsius: value(/\bGPU@(\d+(?:\.\d+)?)C/i),
  };
}

/** Watches the one GPU of a Jetson with a single tegrastats that prints once a second. */
class JetsonWatch implements DeviceWatch {
  readonly #child: ChildProcess;
  #samples: GpuUse[] = [];
  #failure: string | undefined;

  constructor() {
    const child = spawn('tegrastats', ['--interval', '1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.once('error', (error) => {
      this.#failure = `tegrastats failed: ${error.message}`;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const sample = parseTegrastatsLine(line);
      if (sample !== undefined) this.#samples.push(sample);
      if (this.#samples.length > MAX_SAMPLES) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    });
    this.#child = child;
  }

  stop(): ReturnType<DeviceWatch['stop']> {
    this.#child.kill('SIGKILL');
    const none = this.#samples.length === 0 ? 'ran too short to be sampled' : 'tegrastats does not report it';
    return { use: summarizeGpu(this.#samples), reason: this.#failure ?? none };
  }
}
