import type { FoundDevice } from './found-device.ts';

/**
 * GPUs as they can be used: one that is divided by MIG is replaced by its parts, as `nvidia-smi -L` lists them. The memory of a
 * part stands in its profile (`3g.20gb`). Pure.
 */
export function migDevices(gpus: readonly FoundDevice[], list: string): FoundDevice[] {
  const parts = new Map<number, FoundDevice[]>();
  let index: number | undefined;
  for (const line of list.split(/\r?\n/)) {
    const gpu = /^GPU (\d+):/.exec(line)?.[1];
    if (gpu !== undefined) index = Number(gpu);
    const [, profile, place, uuid] = /^\s+MIG\s+(\S+)\s+Device\s+(\d+):\s*\(UUID:\s*(MIG-[^)\s]+)\)/.exec(line) ?? [];
    const parent = gpus.find(({ instance }) => instance.gpu_index === index);
    if (profile === undefined || place === undefined || uuid === undefined || parent === undefined) continue;
    const memory = /\.(\d+)gb/.exec(profile)?.[1];
    const memory_gb = memory === undefined ? null : Number(memory);
    const name = `${parent.name} MIG ${profile}`;
    const own = parts.get(index ?? 0) ?? [];
    parts.set(index ?? 0, own);
    own.push({
      ...parent,
      ...{ device_id: `${parent.device_id}-mig-${place}`, name, memory_gb },
      identity: {
        ...parent.identity,
        gpu_model: name,
        gpu_memory_mb: memory_gb === null ? null : memory_gb * 1024,
      },
      instance: { ...parent.instance, gpu_uuid: uuid },
    });
  }
  return gpus.flatMap((gpu) => parts.get(Number(gpu.instance.gpu_index)) ?? [gpu]);
}
