import { availableParallelism } from 'node:os';
import type { FoundDevice } from './found-device.ts';
import { gibibytes } from './found-device.ts';
import { cpuModel, machineMemoryBytes } from './host.ts';

/** The processors of this machine, as one device. Everything that matters is in the host facts already. */
export function cpuDevice(): FoundDevice {
  const cores = availableParallelism();
  return {
    device_id: 'cpu-0',
    class: 'cpu',
    name: `${cpuModel()}, ${cores} core${cores === 1 ? '' : 's'}`,
    memory_gb: gibibytes(machineMemoryBytes()),
    cuda_compute: null,
    slots: 1,
    identity: {},
    instance: {},
  };
}
