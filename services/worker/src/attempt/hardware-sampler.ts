import type { HardwareMetrics } from '@benchwire/shared/contracts/outcome.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { DeviceWatch } from '../devices/gpu-watch.ts';
import { HARDWARE } from '../devices/hardware-classes.ts';
import { busyPercent, type LoadSampler, memoryUsedMb, readCpuTimes } from '../load.ts';
import type { CpuEnergy } from './cpu-energy.ts';
import { readThrottling, throttledBetween } from './cpu-throttle.ts';

const FIELDS = [
  'cpu_utilization_percent',
  'gpu_utilization_percent',
  'memory_usage_mb',
  'power_consumption_watts',
  'temperature_celsius',
] as const;
type Readings = Record<(typeof FIELDS)[number], number | null>;

/** A sampling under way; `stop` gives the result and is called once. */
export interface Sampling {
  stop(): {
    metrics: HardwareMetrics /** That and why the device ran below its clock, where it tells. */;
    throttled: string | undefined;
  };
}

/** Attempts that end before the first sample. Shared by all of them, since there may be thousands a second. */
export const TOO_SHORT_TO_SAMPLE: HardwareMetrics = Object.freeze({
  cpu_utilization_percent: null,
  gpu_utilization_percent: null,
  memory_usage_mb: null,
  power_consumption_watts: null,
  temperature_celsius: null,
  unavailable: { '*': 'ran too short to be sampled' },
});

/**
 * Samples the machine, and the device where the worker knows how, while an attempt runs. Processor load and power are means over
 * the attempt, memory and temperature the highest readings, once a second. On a `cpu` device they are the machine's.
 */
export function sampleHardware(device: Device, load: LoadSampler, energy: CpuEnergy): Sampling {
  const started_ms = performance.now();
  const cpuAtStart = readCpuTimes();
  const energyAtStart = energy.read();
  const throttlingAtStart = readThrottling();
  const { sampling } = HARDWARE[device.class];
  const watch = typeof sampling === 'function' ? sampling(device.environment) : undefined;
  let memory = memoryUsedMb();
  let temperature = load.temperature();
  const read = (): void => {
    memory = Math.max(memory, memoryUsedMb());
    const now = load.temperature();
    if (now !== null) temperature = Math.max(temperature ?? now, now);
  };
  const timer = setInterval(read, 1000);
  return {
    stop: () => {
      clearInterval(timer);
      read();
      const cpu_utilization_percent = busyPercent(cpuAtStart, readCpuTimes());
      if (sampling !== 'machine') {
        const watched = watch?.stop();
        const metrics = deviceMetrics(cpu_utilization_percent, device, watched);
        return { metrics, throttled: watched?.throttled };
      }
      const seconds = (performance.now() - started_ms) / 1000;
      const readings: Readings = {
        cpu_utilization_percent,
        gpu_utilization_percent: null,
        memory_usage_mb: memory,
        power_consumption_watts: energy.watts(energyAtStart, seconds),
        temperature_celsius: temperature,
      };
      const metrics = withReasons(readings, (field) => {
        if (field === 'gpu_utilization_percent') return 'a cpu device has no GPU';
        if (field === 'power_consumption_watts') return energy.reason ?? 'the energy counter could not be read';
        if (field === 'temperature_celsius') return 'this machine shows no processor temperature sensor';
        return 'no time has passed';
      });
      return { metrics, throttled: throttledBetween(throttlingAtStart, readThrottling()) };
    },
  };
}

function deviceMetrics(
  cpu_utilization_percent: number | null,
  device: Device,
  watched: ReturnType<DeviceWatch['stop']> | undefined,
): HardwareMetrics {
  const nothing = {
    gpu_utilization_percent: null,
    memory_usage_mb: null,
    power_consumption_watts: null,
    temperature_celsius: null,
  };
  return withReasons({ cpu_utilization_percent, ...(watched?.use ?? nothing) }, (field) =>
    field === 'cpu_utilization_percent'
      ? 'no time has passed'
      : (watched?.reason ?? `the worker knows no way to read this from a ${device.class} device`),
  );
}

function withReasons(readings: Readings, reason: (field: (typeof FIELDS)[number]) => string): HardwareMetrics {
  const unavailable: Record<string, string> = {};
  for (const field of FIELDS) if (readings[field] === null) unavailable[field] = reason(field);
  return Object.keys(unavailable).length === 0 ? readings : { ...readings, unavailable };
}
