import type { Environment, HardwareClass } from '@benchwire/shared/contracts/hardware.ts';

/** A device as detection sees it, before it gets a fingerprint and a pool. */
export interface FoundDevice {
  device_id: string;
  class: HardwareClass;
  /** For people. */
  name: string;
  memory_gb: number | null;
  cuda_compute: number | null;
  slots: number;
  /** What decides whether results are comparable: model, driver, limits. */
  identity: Environment;
  /** What tells this device from its twins (index, uuid, bus): reported, but not compared. */
  instance: Environment;
  /** The browser that it is a device of: then it runs models in a page, and nothing else. */
  of_browser?: string;
}

/** What one way of looking found, and why it found nothing where that is worth telling. */
export interface Detection {
  devices: FoundDevice[];
  note?: string;
}

/** Bytes as GiB with two decimals, since firmware takes a varying little out of the round number. */
export function gibibytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 3) * 100) / 100;
}
