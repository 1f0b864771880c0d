import { betterOf, type MetricFacts } from '../metric/direction.ts';

/** Which way of a metric is better, as a metric line or a task says it. Without a schema: the page needs none for it. Since 0.4. */
export const BETTER = ['lower', 'higher', 'neither'] as const;
export type Better = (typeof BETTER)[number];

/** Which way is better; `neither` and `unknown` metrics are reported as changes only. */
export const DIRECTIONS = ['lower_is_better', 'higher_is_better', 'neither', 'unknown'] as const;
export type Direction = (typeof DIRECTIONS)[number];

const DIRECTION_OF = {
  lower: 'lower_is_better',
  higher: 'higher_is_better',
  neither: 'neither',
  unknown: 'unknown',
} as const satisfies Record<ReturnType<typeof betterOf>, Direction>;

/** What was said, else what the catalogue of metrics (shared/metric) knows from the name and the unit. */
export function directionOf(facts: MetricFacts): Direction {
  return DIRECTION_OF[betterOf(facts)];
}
