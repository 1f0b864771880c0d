import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { compareDevices, type DeviceChange } from '../decide/device-change.ts';
import type { OfferedDevices } from './offer.ts';

/** A tool may fail once: only what a second look shows, too, is believed. */
const CONFIRM_MS = 2000;

interface DeviceMonitorOptions {
  /** What is offered at the start. */
  first: OfferedDevices;
  /** Looks at the machine; at these classes only, where they are given. @throws BenchwireError NO_DEVICE */
  look: (classes: readonly HardwareClass[] | undefined) => Promise<OfferedDevices>;
  /** Drops what was learned of ONNX Runtime's providers. */
  forget: () => void;
  running: () => number;
  interval_seconds: number;
  onChange: (change: DeviceChange, now: OfferedDevices) => Promise<void>;
  /** The devices are the same, and what there is to say of others is not. */
  onNotes: (now: OfferedDevices) => Promise<void>;
  log: Log;
}

/**
 * Looks at the machine again and again, and tells what has changed. While attempts run it looks only at the classes that
 * had devices, so that on a machine without GPUs no process is started beside a measurement.
 */
export class DeviceMonitor implements Running {
  readonly #options: DeviceMonitorOptions;
  readonly #stopping = new AbortController();
  #offered: OfferedDevices;
  /** Classes that have had devices. */
  readonly #classes = new Set<HardwareClass>();
  #waking = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: DeviceMonitorOptions) {
    this.#options = options;
    this.#offered = options.first;
    this.#remember(options.first);
  }

  get devices(): readonly Device[] {
    return this.#offered.devices;
  }

  start(): void {
    if (this.#options.interval_seconds > 0) this.#watching = this.#watch();
  }

  /** To be called where something shows that a device is another one: looks at once. */
  lookSoon(): void {
    this.#waking.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waking.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { interval_seconds, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await pause(interval_seconds * 1000, this.#waking.signal);
      if (this.#stopping.signal.aborted) return;
      this.#waking = new AbortController();
      await this.#check().catch((error: unknown) =>
        log.warn({ reason: messageOf(error) }, 'could not look at the devices of this machine'),
      );
    }
  }

  async #check(): Promise<void> {
    const { interval_seconds, forget, log, onChange } = this.#options;
    const seen = await this.#look();
    if (compareDevices(this.#offered.devices, seen.devices) === undefined) return await this.#compareNotes(seen);
    forget();
    await pause(Math.min(CONFIRM_MS, interval_seconds * 1000), this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    const again = await this.#look();
    const change = compareDevices(this.#offered.devices, again.devices);
    if (change === undefined) return;
    if (compareDevices(seen.devices, again.devices) !== undefined) {
      log.info('the devices of this machine looked different twice: they are looked at again');
      this.lookSoon();
      return;
    }
    await onChange(change, again);
    this.#offered = again;
    this.#remember(again);
  }

  async #compareNotes(seen: OfferedDevices & { is_whole: boolean }): Promise<void> {
    if (!seen.is_whole || JSON.stringify(seen.notes) === JSON.stringify(this.#offered.notes)) return;
    await this.#options.onNotes(seen);
    this.#offered = seen;
  }

  #remember({ devices }: OfferedDevices): void {
    for (const device of devices) this.#classes.add(device.class);
  }

  async #look(): Promise<OfferedDevices & { is_whole: boolean }> {
    const { look, running } = this.#options;
    const is_whole = running() === 0;
    try {
      return { ...(await look(is_whole ? undefined : [...this.#classes])), is_whole };
    } catch (error) {
      if (error instanceof BenchwireError && error.code === 'NO_DEVICE')
        return { devices: [], notes: [error.message], is_whole };
      throw error;
    }
  }
}
