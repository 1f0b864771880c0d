import { matchesPattern } from '../contracts/name-pattern.ts';
import { DETECTION_FIELDS, type DetectionFields, type DetectionRule } from '../contracts/server-setting.ts';

/** A very name, then a pattern, then `*`; undefined where it does not fit. */
function closeness(pattern: string, name: string): 0 | 1 | 2 | undefined {
  const [written, given] = [pattern.toLowerCase(), name.toLowerCase()];
  if (written === given) return 2;
  if (written === '*') return 0;
  return matchesPattern(given, written) ? 1 : undefined;
}

/**
 * What the rules say of a series, field by field: the most specific rule that has the field. A rule is more specific where its benchmark
 * is closer (the very name before a pattern, a pattern before `*`), then where its metric is; of equal ones the first counts. Pure.
 */
export function detectionFor(rules: readonly DetectionRule[], benchmark: string, metric: string): DetectionFields {
  const fitting = rules.flatMap((rule) => {
    const [of_benchmark, of_metric] = [closeness(rule.benchmark, benchmark), closeness(rule.metric, metric)];
    if (of_benchmark === undefined || of_metric === undefined) return [];
    return [{ rule, rank: of_benchmark * 3 + of_metric }];
  });
  // The least specific first: each that follows replaces what it names. Sorting keeps the order of equal ones.
  const ordered = fitting.reverse().sort((a, b) => a.rank - b.rank);
  const found: DetectionFields = {};
  for (const { rule } of ordered)
    for (const field of DETECTION_FIELDS) if (rule[field] !== undefined) Object.assign(found, { [field]: rule[field] });
  return found;
}
