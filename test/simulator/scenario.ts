import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hardwareClass, labels } from '@benchwire/shared/contracts/hardware.ts';
import { requirements } from '@benchwire/shared/contracts/task.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { parse } from 'yaml';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const seconds = z.number().min(0);

/** Machines that are alike. */
const hardware = z.strictObject({
  name: z.string(),
  class: hardwareClass,
  workers: z.int().min(1),
  slots: z.int().min(1).default(1),
  /** Their workers are dealt out to so many pools (other kernels, drivers). */
  pools: z.int().min(1).default(1),
  memory_gb: z.number().default(64),
  cuda_compute: z.number().nullable().default(null),
  labels: labels.default({}),
  /** How many times faster than the reference machine, by kind of work; `default` for the others. */
  speed: z.record(z.string(), z.number().positive()),
  /** Share of attempts that fail, at a random moment. */
  failures: share.default(0),
  /**
   * A busy worker gets warmer with a time constant of `seconds`, an idle one cools as fast; one that starts above `limit`
   * (a share of the final temperature) runs `slowdown` times longer.
   */
  thermal: z.strictObject({ seconds: seconds.positive(), limit: share, slowdown: z.number().min(1) }).optional(),
});
export type Hardware = z.infer<typeof hardware>;

/** Work of one kind, submitted once or again and again. */
const work = z.strictObject({
  name: z.string(),
  /** For `speed`; the name when absent. */
  kind: z.string().optional(),
  /** Tasks of one submission. */
  tasks: z.int().min(1),
  /** Of a typical task on the reference machine. */
  seconds: seconds.positive(),
  /** Standard deviation of the logarithm of its tasks' times: they differ, and the scheduler knows only their kind. */
  spread: z.number().min(0).default(0.2),
  at_seconds: seconds.default(0),
  submissions: z.int().min(1).default(1),
  every_seconds: seconds.default(0),
  /** Submissions come at random, on average every `every_seconds`. */
  random: z.boolean().default(false),
  priority: z.int().min(0).max(100).default(0),
  tenant: z.string().optional(),
  requirements: requirements.prefault({}),
  /** More stages behind the first, each as large; every task of a stage waits for `fan_in` of the one before. */
  stages: z.int().min(1).default(1),
  fan_in: z.int().min(1).default(1),
  max_retries: z.int().min(0).default(3),
});
export type Work = z.infer<typeof work>;

const scenario = z.strictObject({
  what: z.string(),
  seed: z.int().default(1),
  hardware: z.array(hardware).min(1),
  work: z.array(work).min(1),
  /** Every so many seconds, on average, a random worker dies, and comes back after `away_seconds`. */
  churn: z
    .strictObject({ every_seconds: seconds.positive(), away_seconds: seconds, until_seconds: seconds })
    .optional(),
  /** At one moment that share of the workers of each hardware is lost, and comes back later. */
  loss: z.strictObject({ at_seconds: seconds, share, back_after_seconds: seconds }).optional(),
  tenants: z.record(z.string(), z.strictObject({ weight: z.number().positive() })).default({}),
});
export type Scenario = z.infer<typeof scenario>;

const FOLDER = new URL('../scenarios/', import.meta.url);

/** @throws when there is no such file, or it is no scenario */
export function readScenario(name: string): Scenario {
  const path = fileURLToPath(new URL(`${name}.yaml`, FOLDER));
  const parsed = parseWith(scenario, parse(readFileSync(path, 'utf8')));
  if (parsed.ok) return parsed.value;
  throw new Error(`${path}: ${parsed.issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ')}`);
}
