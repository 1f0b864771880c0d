import type { Device } from '@benchwire/shared/contracts/worker.ts';

/** How the devices of a machine differ from those that the worker offers. */
export interface DeviceChange {
  /** What a running attempt measures on is not there any more. */
  gone: Device[];
  /** The same device under another fingerprint: what is measured across the change belongs to no history. */
  changed: Array<{ before: Device; after: Device }>;
  /** The same device and fingerprint, in another pool or under another name: what runs may end. */
  moved: Array<{ before: Device; after: Device }>;
  added: Device[];
}

/** Undefined where nothing differs. Pure. */
export function compareDevices(before: readonly Device[], after: readonly Device[]): DeviceChange | undefined {
  const change: DeviceChange = { gone: [], changed: [], moved: [], added: [] };
  const left = new Map(after.map((device) => [nameOf(device), device]));
  for (const device of before) {
    const now = left.get(nameOf(device));
    left.delete(nameOf(device));
    if (now === undefined) change.gone.push(device);
    else if (now.fingerprint !== device.fingerprint) change.changed.push({ before: device, after: now });
    else if (JSON.stringify(now) !== JSON.stringify(device)) change.moved.push({ before: device, after: now });
  }
  change.added.push(...left.values());
  const { gone, changed, moved, added } = change;
  return gone.length + changed.length + moved.length + added.length === 0 ? undefined : change;
}

/** A GPU that falls off may renumber the others: by its UUID a device is the same. */
function nameOf({ device_id, environment }: Device): string {
  return typeof environment.gpu_uuid === 'string' ? environment.gpu_uuid : device_id;
}

/** What of the environment differs: `cpu_governor performance, now powersave`. Pure. */
export function differingFacts(before: Device['environment'], after: Device['environment']): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name} ${before[name] ?? 'unknown'}, now ${after[name] ?? 'unknown'}`);
}

/** For the log, the event and people. Pure. */
export function changeInWords({ gone, changed, moved, added }: DeviceChange): string {
  const parts = [
    ...gone.map(({ device_id, name }) => `${device_id} (${name}) is gone`),
    ...changed.map(
      ({ before, after }) =>
        `${before.device_id} has changed: ${differingFacts(before.environment, after.environment).join('; ')}`,
    ),
    ...moved.map(({ before, after }) => `${before.device_id} is ${after.device_id} in ${after.pool} now`),
    ...added.map(({ device_id, name }) => `${device_id} (${name}) is new`),
  ];
  return parts.join('; ');
}
