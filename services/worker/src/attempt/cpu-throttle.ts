import { readdirSync } from 'node:fs';
import { sysText } from '../devices/host.ts';

const CPUS = '/sys/devices/system/cpu';
/** Counts of throttling for heat, as Intel's processors have them (Linux, therm_throt). */
const COUNTERS = ['core_throttle_count', 'package_throttle_count'] as const;

export type ThrottleReading = ReadonlyMap<string, number>;

/** How often each processor and package has been throttled so far; empty where the machine does not tell. */
export function readThrottling(folder: string = CPUS): ThrottleReading {
  const reading = new Map<string, number>();
  for (const name of counted(folder)) {
    for (const counter of COUNTERS) {
      const text = sysText(`${folder}/${name}/thermal_throttle/${counter}`);
      if (text !== null && /^\d+$/.test(text)) reading.set(`${name} ${counter}`, Number(text));
    }
  }
  return reading;
}

/** What is to be said of values that were measured between two readings; undefined where nothing was throttled. Pure. */
export function throttledBetween(from: ThrottleReading, to: ThrottleReading): string | undefined {
  const most = Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Record<(typeof COUNTERS)[number], number>;
  for (const [name, count] of to) {
    const counter = COUNTERS.find((each) => name.endsWith(each));
    const before = from.get(name);
    if (counter !== undefined && before !== undefined) most[counter] = Math.max(most[counter], count - before);
  }
  const { core_throttle_count: core, package_throttle_count: whole } = most;
  if (core <= 0 && whole <= 0) return undefined;
  const times = (count: number): string => `${count} ${count === 1 ? 'time' : 'times'}`;
  const parts = [...(core > 0 ? [`a core ${times(core)}`] : []), ...(whole > 0 ? [`the package ${times(whole)}`] : [])];
  return `the processor was throttled for heat while this ran: ${parts.join(', ')}`;
}

/** Processors with counters; one look at the first tells whether there are any. */
function counted(folder: string): string[] {
  if (sysText(`${folder}/cpu0/thermal_throttle/${COUNTERS[0]}`) === null) return [];
  try {
    return readdirSync(folder).filter((name) => /^cpu\d+$/.test(name));
  } catch {
    return [];
  }
}
