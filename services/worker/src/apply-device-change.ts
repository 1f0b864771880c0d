import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { AttemptRunner } from './attempt/attempt-runner.ts';
import { changeInWords, type DeviceChange, differingFacts } from './decide/device-change.ts';
import type { OfferedDevices } from './devices/offer.ts';
import type { Holds } from './holds.ts';
import type { Pools } from './pools.ts';
import type { Presence } from './presence.ts';
import type { Telemetry } from './telemetry.ts';

interface DeviceChangeContext {
  worker_id: string;
  pools: Pools;
  presence: Presence;
  runner: AttemptRunner;
  holds: Holds;
  telemetry: Telemetry;
  log: Log;
}

/**
 * Brings the worker's offer up to date: what has gone or changed takes no more jobs, the fleet hears of it, attempts that
 * were measuring there fail as `device_error`, and the new pools are joined. The scheduler moves what waits in a pool
 * that nobody serves any more.
 */
export async function applyDeviceChange(
  options: DeviceChangeContext,
  change: DeviceChange,
  now: OfferedDevices,
): Promise<void> {
  const { worker_id, pools, presence, runner, holds, telemetry, log } = options;
  const { gone, changed, moved, added } = change;
  const message = `the devices of ${worker_id} have changed: ${changeInWords(change)}`;
  log.warn(message);
  const replaced = [...changed, ...moved];
  // No job may be taken for what is not there, so this comes first.
  const left = await pools.leave([...gone, ...replaced.map(({ before }) => before)]);
  // A worker without devices cannot be registered: it stays as it was, says why, and takes nothing.
  if (now.devices.length === 0) await holds.hold('no_device');
  await presence.update(now.devices, now.notes, message);
  const reasons = now.notes.length === 0 ? '' : ` (${now.notes.join('; ')})`;
  for (const device of gone)
    runner.abortOn(device, 'device_gone', `${nameOf(device)} is gone${reasons.slice(0, 2000)}`);
  for (const { before, after } of changed) {
    const facts = differingFacts(before.environment, after.environment).join('; ');
    runner.abortOn(before, 'device_changed', `${nameOf(before)} has changed: ${facts}`);
  }
  for (const { before, after } of replaced) pools.joinAfter(left.get(before), after);
  for (const device of added) pools.joinAfter(undefined, device);
  if (now.devices.length > 0) {
    telemetry.registered(worker_id, now.devices);
    await holds.release('no_device');
  }
}

function nameOf({ device_id, name }: Device): string {
  return `${device_id} (${name})`;
}
