import { z } from 'zod';
import { BETTER } from './direction.ts';
import { matchesPattern } from './name-pattern.ts';

/**
 * KV bucket with what the operators of a stack say about metrics, for programs and tasks that do not: one key, all rules in their
 * order. Workers read it when a program starts, and the outcome carries what they found, so everything that judges a
 * value reads it there. Since 0.5.
 */
export const METRIC_CATALOGUE_BUCKET = 'metric_catalogue';
export const METRIC_CATALOGUE_KEY = 'rules';

export const MAX_METRIC_RULES = 500;

export const metricRule = z
  .strictObject({
    /** The metric's name in any case, with `*` for any text: `zeit`, `lat_*`, `*_watts`. */
    metric: z
      .string()
      .min(1)
      .max(256)
      .refine((name) => name.trim() === name, 'has spaces around it')
      .refine((name) => name.split('*').length <= 9, 'has more than eight *'),
    better: z.enum(BETTER).optional(),
    /** Of values that are printed without one. */
    unit: z.string().trim().min(1).max(32).optional(),
  })
  .refine(({ better, unit }) => better !== undefined || unit !== undefined, 'say "better", "unit", or both');
export type MetricRule = z.infer<typeof metricRule>;

export const metricRules = z
  .array(metricRule)
  .max(MAX_METRIC_RULES)
  .refine(
    (rules) => new Set(rules.map(({ metric }) => metric.toLowerCase())).size === rules.length,
    'names a metric twice',
  );

/**
 * What the rules say about a metric. A rule for the very name counts before patterns; of several patterns the first one that says
 * it, for each of better and unit. Pure.
 */
export function ruleFor(rules: readonly MetricRule[], metric: string): Pick<MetricRule, 'better' | 'unit'> {
  const name = metric.toLowerCase();
  const exact = rules.filter((rule) => rule.metric.toLowerCase() === name);
  const fitting = rules.filter((rule) => rule.metric.includes('*') && matchesPattern(name, rule.metric.toLowerCase()));
  const found = [...exact, ...fitting];
  const better = found.find((rule) => rule.better !== undefined)?.better;
  const unit = found.find((rule) => rule.unit !== undefined)?.unit;
  return { ...(better === undefined ? {} : { better }), ...(unit === undefined ? {} : { unit }) };
}
