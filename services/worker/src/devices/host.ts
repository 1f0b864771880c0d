import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import { gibibytes } from './found-device.ts';

/** What of the machine itself can change a result, whatever device is measured. */
export function hostFacts(onnxruntime_version: string | null): Environment {
  return {
    cpu_model: cpuModel(),
    cpu_cores_total: cpus().length,
    /** Fewer than all where an affinity mask or a container limits the process. */
    cpu_cores: availableParallelism(),
    cpu_governor: governor(),
    cpu_turbo: turbo(),
    cpu_smt: sysText('/sys/devices/system/cpu/smt/active'),
    memory_gb: Math.round(gibibytes(machineMemoryBytes())),
    arch: arch(),
    os: platform(),
    kernel: release(),
    node_version: process.versions.node,
    onnxruntime_version,
  };
}

/**
 * What of the machine differs from what a device was registered with, as far as that is quickly read: the governor, the turbo,
 * the processors and the memory that this process may use. Undefined where nothing does.
 */
export function changedHostFact(registered: Environment): string | undefined {
  const now: Environment = {
    cpu_governor: governor(),
    cpu_turbo: turbo(),
    cpu_cores: availableParallelism(),
    memory_gb: Math.round(gibibytes(machineMemoryBytes())),
  };
  return (
    Object.entries(now)
      .filter(([name, value]) => name in registered && registered[name] !== value)
      .map(([name, value]) => `${name} ${registered[name] ?? 'unknown'}, now ${value ?? 'unknown'}`)
      .join('; ') || undefined
  );
}

function governor(): string | null {
  return sysText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor');
}

/** The machine's memory, or what its container may use of it. */
export function machineMemoryBytes(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return limit > 0 && limit < total ? limit : total;
}

/** `Intel(R) Xeon(R) Processor`; ARM Linux names none, so its part number has to do. */
export function cpuModel(): string {
  const model = cpus()[0]?.model.trim().replace(/\s+/g, ' ') ?? '';
  if (model !== '' && model !== 'unknown') return model;
  const info = sysText('/proc/cpuinfo') ?? '';
  const part = (name: string): string | undefined => new RegExp(`^${name}\\s*:\\s*(\\S+)`, 'm').exec(info)?.[1];
  const implementer = part('CPU implementer');
  return implementer === undefined ? `${arch()} CPU` : `${arch()} CPU ${implementer}/${part('CPU part') ?? '?'}`;
}

function turbo(): string | null {
  const noTurbo = sysText('/sys/devices/system/cpu/intel_pstate/no_turbo');
  if (noTurbo !== null) return noTurbo === '0' ? 'on' : 'off';
  const boost = sysText('/sys/devices/system/cpu/cpufreq/boost');
  return boost === null ? null : boost === '1' ? 'on' : 'off';
}

/** A file that the kernel may or may not offer; null where it doesn't. */
export function sysText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
