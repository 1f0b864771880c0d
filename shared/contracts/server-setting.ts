import { z } from 'zod';
import { type Parsed, parseWith } from '../runtime/issues.ts';
import { benchmarkPattern } from './gate.ts';
import { timestamp } from './ids.ts';

/**
 * Settings of the server, which its operators change while it runs: KV bucket, one key for each setting. A service that uses one follows the
 * bucket; where a setting is absent, its variable counts. Since 0.6.
 */
export const SETTINGS_BUCKET = 'settings';

/** Kinds of suspicions that may ask for re-runs. */
export const CONFIRMED_KINDS = ['regression', 'improvement', 'change'] as const;

const metricPattern = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => name.trim() === name, 'has spaces around it')
  .refine((name) => name.split('*').length <= 9, 'has more than eight *');

/** How changes are looked for; the limits are those of the anomaly service's variables. */
export const detectionFields = z.strictObject({
  /** Of one value alone, in units of the noise. */
  threshold: z.number().min(3).max(100).optional(),
  /** Points before one value is judged. */
  min_runs: z.int().min(5).max(100).optional(),
  /** Points of the level that one value is compared with, at most. */
  window: z.int().min(5).max(500).optional(),
  /** Smallest change that is a finding, in percent of the level. */
  least_change_percent: z.number().min(0).max(1000).optional(),
  /** Re-runs that settle one suspicion, at most; 0 asks for none. */
  confirm_runs: z.int().min(0).max(10).optional(),
  /** Kinds of suspicions that ask for re-runs. */
  confirm_kinds: z.array(z.enum(CONFIRMED_KINDS)).max(CONFIRMED_KINDS.length).optional(),
});
export type DetectionFields = z.infer<typeof detectionFields>;
export const DETECTION_FIELDS = Object.keys(detectionFields.shape) as ReadonlyArray<keyof DetectionFields>;

/** Detection of the series of some benchmarks and metrics, by name in any case with `*` for any text. */
export const detectionRule = detectionFields
  .extend({ benchmark: benchmarkPattern.default('*'), metric: metricPattern.default('*') })
  .refine(
    (rule) => DETECTION_FIELDS.some((field) => rule[field] !== undefined),
    `has no field: name one of ${DETECTION_FIELDS.join(', ')}`,
  )
  .refine(({ window, min_runs }) => window === undefined || min_runs === undefined || window >= min_runs, {
    path: ['window'],
    message: 'must be at least min_runs',
  });
export type DetectionRule = z.infer<typeof detectionRule>;

/** Names a rule: a list has one for each benchmark and metric. */
export const detectionRuleKey = ({ benchmark, metric }: Pick<DetectionRule, 'benchmark' | 'metric'>): string =>
  `${benchmark.toLowerCase()} ${metric.toLowerCase()}`;

const days = z.int().min(1).max(36_500).optional();
/** Days for which ClickHouse keeps rows. */
export const retentionDays = z
  .strictObject({ samples: days, events: days, attempts: days, results: days, findings: days, rejected: days })
  .refine((written) => Object.keys(written).length > 0, 'has no field: name one, such as samples');
export type RetentionDays = z.infer<typeof retentionDays>;

/** Every setting with the form of its value. */
export const SETTING_VALUES = {
  /** Branches whose points make levels; the first is the trunk. */
  main_branches: z
    .array(z.string().trim().min(1).max(256))
    .min(1)
    .max(100)
    .refine((names) => new Set(names).size === names.length, 'names a branch twice'),
  /** The most specific rule that has a field counts for it. */
  detection: z
    .array(detectionRule)
    .min(1)
    .max(200)
    .refine(
      (rules) => new Set(rules.map(detectionRuleKey)).size === rules.length,
      'has two rules for one benchmark and metric',
    ),
  /** Re-runs in an hour, by each slot of the anomaly service. */
  confirm_per_hour: z.int().min(0).max(10_000),
  /** Points of a series that are looked at as a whole. */
  history_points: z.int().min(100).max(1000),
  retention: retentionDays,
} as const;
export type SettingName = keyof typeof SETTING_VALUES;
export const SETTING_NAMES = Object.keys(SETTING_VALUES) as [SettingName, ...SettingName[]];
export type SettingValue<N extends SettingName> = z.infer<(typeof SETTING_VALUES)[N]>;
/** What is set; a setting that is absent is left to its variable. */
export type Settings = { readonly [N in SettingName]?: SettingValue<N> };

/** Reads the value of a setting, with what is wrong with it. Pure. */
export function readSettingValue<N extends SettingName>(name: N, value: unknown): Parsed<SettingValue<N>> {
  const schema: z.ZodType = SETTING_VALUES[name];
  return parseWith(schema, value) as Parsed<SettingValue<N>>;
}

/** A setting as the bucket has it, under its name. Null: somebody has reset it. */
export const storedSetting = z.object({
  v: z.literal(1),
  value: z.unknown(),
  changed_by: z.string().min(1).max(256),
  changed_at: timestamp,
});
export type StoredSetting = z.infer<typeof storedSetting>;

/** Any value that JSON has. Not z.json(): OpenAPI does not take its recursive schema. */
export const anyJson = z.unknown() as unknown as z.ZodType<z.infer<ReturnType<typeof z.json>>>;

/** A variable of a service that a setting goes before, with the value that the service runs with. */
export const settingVariable = z.object({
  setting: z.enum(SETTING_NAMES),
  /** Of a setting with several. */
  field: z.string().nullable(),
  variable: z.string(),
  value: anyJson,
  /** Whether the service's environment has it; else `value` is the default. */
  is_set: z.boolean(),
});
export type SettingVariable = z.infer<typeof settingVariable>;

/** What a service runs with where nothing is set, under `variables_SERVICE` in the bucket; written at its start. */
export const serviceVariablesOfSettings = z.object({
  v: z.literal(1),
  service: z.string(),
  variables: z.array(settingVariable).max(100),
});
export const variablesKey = (service: string): string => `variables_${service}`;
