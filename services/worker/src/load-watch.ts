import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { guard, type LoadLimits, type LoadReading, UNGUARDED } from './decide/load-guard.ts';
import type { Holds } from './holds.ts';
import { type CpuTimes, type LoadSampler, readCpuTimes } from './load.ts';
import { ownCpuTicks } from './own-cpu-time.ts';

/** Long enough for a mean of the load that one small program does not move. */
const READ_MS = 2000;
/** nvidia-smi takes its time. */
const READ_DEVICES_MS = 5000;

interface WatchLoadOptions {
  limits: LoadLimits;
  /** The temperature of the devices that have one of their own; null where none tells it. */
  deviceTemperature: () => Promise<number | null>;
  load: LoadSampler;
  holds: Holds;
  log: Log;
}

export interface LoadWatch extends Running {
  /** What is over its limit now, though work goes on. */
  inSpiteOf(): string | undefined;
}

/** Keeps jobs away from the devices while the machine is too hot or busy with something else. Without a limit it does nothing. */
export async function watchLoad(options: WatchLoadOptions): Promise<LoadWatch> {
  const { limits, deviceTemperature, load, holds, log } = options;
  if (limits.max_temperature_celsius === null && limits.max_foreign_load_percent === null) {
    return { inSpiteOf: () => undefined, stop: () => Promise.resolve() };
  }
  const foreign = new ForeignLoad();
  const reads_devices = limits.max_temperature_celsius !== null;
  let device = reads_devices ? await deviceTemperature() : null;
  if (limits.max_temperature_celsius !== null && load.temperature() === null && device === null)
    log.warn('WORKER_MAX_TEMPERATURE_CELSIUS has no effect: this machine shows no temperature sensor');
  if (limits.max_foreign_load_percent !== null && ownCpuTicks() === null)
    log.warn(
      'WORKER_MAX_FOREIGN_LOAD_PERCENT has no effect: this platform does not report which process causes the load',
    );

  let state = UNGUARDED;
  const look = (): void => {
    const reading: LoadReading = {
      temperature_celsius: highest(load.temperature(), device),
      foreign_load_percent: foreign.percent(),
    };
    const next = guard(state, reading, limits, Date.now());
    if (next.off_until_ms > state.off_until_ms)
      log.warn(`takes jobs again though the machine is not fit: it has waited for ${limits.max_wait_ms / 1000} s`);
    const [before, after] = [state.paused, next.paused];
    state = next;
    if (before !== undefined && before.kind !== after?.kind) void holds.release(before.kind);
    // The first message stays: it says why the wait began, and a changing one would be told each second.
    if (after !== undefined && before?.kind !== after.kind) void holds.hold(after.kind, after.message);
  };
  const timer = setInterval(look, READ_MS);
  const deviceTimer = reads_devices
    ? setInterval(() => {
        deviceTemperature().then(
          (celsius) => {
            device = celsius;
          },
          () => undefined,
        );
      }, READ_DEVICES_MS)
    : undefined;
  return {
    inSpiteOf: () => state.in_spite_of,
    stop: async () => {
      clearInterval(timer);
      clearInterval(deviceTimer);
    },
  };
}

/** Share of the machine's processor time that others have used between two questions. */
class ForeignLoad {
  #times: CpuTimes = readCpuTimes();
  #own: number | null = ownCpuTicks();

  /** Null where the platform does not tell whose the load is. */
  percent(): number | null {
    const times = readCpuTimes();
    const own = ownCpuTicks();
    const total = times.total - this.#times.total;
    const foreign = own === null || this.#own === null ? null : times.busy - this.#times.busy - (own - this.#own);
    this.#times = times;
    this.#own = own;
    if (foreign === null || total <= 0) return null;
    // What a process that has just ended used is its parent's a moment later.
    return Math.min(100, Math.max(0, (foreign / total) * 100));
  }
}

function highest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
