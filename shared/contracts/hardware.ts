import { z } from 'zod';
import { HARDWARE_CLASSES } from './hardware-classes.ts';
import { MAX_LABELS } from './limits.ts';

export const hardwareClass = z.enum(HARDWARE_CLASSES);
export type HardwareClass = z.infer<typeof hardwareClass>;

/** What is known of a machine or a model: short scalar facts by name. A fact that could not be read is null. */
export const environment = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type Environment = z.infer<typeof environment>;

export const labels = z
  .record(z.string().min(1).max(64), z.string().max(256))
  .refine((named) => Object.keys(named).length <= MAX_LABELS, `has more than ${MAX_LABELS} entries`);
export type Labels = z.infer<typeof labels>;

/** A processor's instruction set in lower case, as Linux names it: `avx2`, `avx512`, `amx_int8`, `asimd`. */
export const instructionSet = z.string().regex(/^[a-z0-9_]{2,32}$/, 'lower-case letters, digits and "_": avx2, avx512');
