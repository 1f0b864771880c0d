import type { Detection } from './found-device.ts';
import { gibibytes } from './found-device.ts';

export interface Machine {
  platform: string;
  arch: string;
  cpu_model: string;
  memory_bytes: number;
}

/** The GPU of an Apple chip, which shares the machine's memory. Pure. */
export function detectMps(machine: Machine): Detection {
  if (machine.platform !== 'darwin' || machine.arch !== 'arm64') return { devices: [] };
  return {
    devices: [
      {
        device_id: 'mps-0',
        class: 'mps',
        name: `${machine.cpu_model} GPU`,
        memory_gb: gibibytes(machine.memory_bytes),
        cuda_compute: null,
        slots: 1,
        identity: { gpu_model: machine.cpu_model },
        instance: {},
      },
    ],
  };
}
