import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';

/** How a class of devices stands to the machine that it is in. */
interface Relation {
  /** Whether it computes in the machine's memory, or in its own. */
  memory: 'machine' | 'own';
  /** How much of a CPU's time it is taken to need while nothing is known: rough, and only to have something to begin with. */
  share: number;
}

/**
 * The taxonomy of hardware. Every device is of one class, and a task that wants a class gets that class alone; but every
 * device is in a machine with a processor: the instruction sets of a device are its machine's, and what computes in the
 * machine's memory (a processor under any runtime, a browser, a chip that shares it) has what the machine has.
 */
export const RELATIONS: Readonly<Record<HardwareClass, Relation>> = {
  cpu: { memory: 'machine', share: 1 },
  openvino: { memory: 'machine', share: 0.7 },
  wasm: { memory: 'machine', share: 2 },
  webgpu: { memory: 'machine', share: 0.7 },
  webnn: { memory: 'machine', share: 0.7 },
  mps: { memory: 'machine', share: 0.4 },
  npu: { memory: 'machine', share: 0.5 },
  qnn: { memory: 'machine', share: 0.5 },
  directml: { memory: 'own', share: 0.5 },
  cuda: { memory: 'own', share: 0.2 },
  rocm: { memory: 'own', share: 0.2 },
  tpu: { memory: 'own', share: 0.2 },
};

/** The memory that a task on a device may use, in GB; null where it can't be told. */
export function memoryOf(device: Pick<Device, 'class' | 'memory_gb' | 'environment'>): number | null {
  if (device.memory_gb !== null || RELATIONS[device.class].memory === 'own') return device.memory_gb;
  const { memory_gb } = device.environment;
  return typeof memory_gb === 'number' ? memory_gb : null;
}
