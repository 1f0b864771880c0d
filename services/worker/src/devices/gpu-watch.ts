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
  stop(): { use: GpuUse /** Of what is null. */; reason: string };
}

/** Undefined for a device whose place is not known. */
export function watchNvidiaGpu({ gpu_index }: Environment): DeviceWatch | undefined {
  return typeof gpu_index === 'number' ? new NvidiaWatch(gpu_index) : undefined;
}

/** Watches one NVIDIA GPU with a single nvidia-smi that prints once a second, so that sampling costs next to nothing. */
class NvidiaWatch implements DeviceWatch {
  readonly #child: ChildProcess;
  #samples: GpuUse[] = [];
  #failure: string | undefined;

  constructor(gpu_index: number) {
    const fields = 'utilization.gpu,memory.used,power.draw,temperature.gpu';
    const args = ['-i', String(gpu_index), `--query-gpu=${fields}`, '--format=csv,noheader,nounits', '-lms', '1000'];
    this.#child = spawn('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child.once('error', (error) => {
      this.#failure = `nvidia-smi failed: ${error.message}`;
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const sample = parseGpuLine(line);
        if (sample !== undefined) this.#samples.push(sample);
        if (this.#samples.length > MAX_SAMPLES) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
      });
    }
  }

  /** Ends the watch. */
  stop(): { use: GpuUse; reason: string } {
    this.#child.kill('SIGKILL');
    return {
      use: summarizeGpu(this.#samples),
      reason:
        this.#failure ?? (this.#samples.length === 0 ? 'ran too short to be sampled' : 'nvidia-smi does not tell'),
    };
  }
}
