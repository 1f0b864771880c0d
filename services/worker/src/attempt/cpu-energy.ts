import { readdirSync } from 'node:fs';
import { sysText } from '../devices/host.ts';

/** A processor package's energy counter (Linux powercap, Intel RAPL and AMD's likeness). */
interface Counter {
  path: string;
  wraps_at_microjoules: number;
}

export type EnergyReading = ReadonlyArray<number | null>;

/** The energy counters that may be read here. Since 2020 most kernels let only root read them (CVE-2020-8694). */
export class CpuEnergy {
  readonly #counters: readonly Counter[] = findCounters();

  /** Why there are no readings, or undefined when there are. */
  get reason(): string | undefined {
    return this.#counters.length > 0 ? undefined : 'the machine shows no energy counter that this user may read';
  }

  read(): EnergyReading {
    return this.#counters.map((counter) => microjoules(counter.path));
  }

  /** Mean power of all packages in watts since `from`, or null where a counter could not be read. */
  watts(from: EnergyReading, seconds: number): number | null {
    if (this.#counters.length === 0 || seconds <= 0) return null;
    let sum = 0;
    for (const [index, to] of this.read().entries()) {
      const before = from[index] ?? null;
      if (to === null || before === null) return null;
      // The counter starts again at zero when it is full.
      sum += to >= before ? to - before : to + (this.#counters[index]?.wraps_at_microjoules ?? 0) - before;
    }
    return Math.round(sum / seconds / 1e5) / 10;
  }
}

function findCounters(): Counter[] {
  const folder = '/sys/class/powercap';
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return [];
  }
  return entries
    .filter((entry) => /^intel-rapl:\d+$/.test(entry) && sysText(`${folder}/${entry}/name`)?.startsWith('package'))
    .map((entry) => ({
      path: `${folder}/${entry}/energy_uj`,
      wraps_at_microjoules: Number(sysText(`${folder}/${entry}/max_energy_range_uj`) ?? 0),
    }))
    .filter((counter) => microjoules(counter.path) !== null);
}

function microjoules(path: string): number | null {
  const text = sysText(path);
  return text === null || text === '' ? null : Number(text);
}
