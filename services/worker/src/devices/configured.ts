import { environment, hardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { token } from '@benchwire/shared/contracts/ids.ts';
import { z } from 'zod';
import type { FoundDevice } from './found-device.ts';

const configuredDevice = z.strictObject({
  class: hardwareClass,
  name: z.string().min(1).max(256),
  /** `<class>-<position>` when absent. */
  device_id: token.optional(),
  memory_gb: z.number().positive().nullable().default(null),
  cuda_compute: z.number().positive().nullable().default(null),
  slots: z.int().min(1).max(1000).default(1),
  /** Facts that results depend on: driver, firmware, clock. They go into the fingerprint. */
  environment: environment.default({}),
});
export type ConfiguredDevice = z.infer<typeof configuredDevice>;

/** The text of WORKER_DEVICES: a JSON list. */
export const configuredDevices = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `not JSON: ${error instanceof Error ? error.message : error}` });
      return z.NEVER;
    }
  })
  .pipe(z.array(configuredDevice));

/** Devices that a person has described. */
export function devicesByConfiguration(configured: readonly ConfiguredDevice[]): FoundDevice[] {
  const counts = new Map<string, number>();
  return configured.map((entry) => {
    const index = counts.get(entry.class) ?? 0;
    counts.set(entry.class, index + 1);
    return {
      device_id: entry.device_id ?? `${entry.class}-configured-${index}`,
      class: entry.class,
      name: entry.name,
      memory_gb: entry.memory_gb,
      cuda_compute: entry.cuda_compute,
      slots: entry.slots,
      identity: { device_name: entry.name, device_memory_gb: entry.memory_gb, ...entry.environment },
      instance: {},
    };
  });
}
