import { betterOf } from '@benchwire/shared/metric/direction.ts';
import { oneLine } from '../terminal/text-width.ts';
import type { Measured } from './measured.ts';

const SHOWN = 10;

/** Metrics of which nobody knows which way is better, by name and unit. Pure. */
export function unknownDirections(measured: readonly Measured[]): Array<{ metric: string; unit: string }> {
  const found = new Map<string, { metric: string; unit: string }>();
  for (const { values, is_simulated } of measured) {
    if (is_simulated) continue;
    for (const { metric, unit, better } of values.values())
      if (betterOf({ metric, unit, better }) === 'unknown') found.set(`${metric}\n${unit}`, { metric, unit });
  }
  return [...found.values()];
}

/** What to know about them, and how to say the direction; undefined where there are none. */
export function unknownDirectionWords(
  unknown: ReadonlyArray<{ metric: string; unit: string }>,
  fail_on: readonly string[],
): string | undefined {
  const [first] = unknown;
  if (first === undefined) return undefined;
  const names = unknown
    .slice(0, SHOWN)
    .map(({ metric, unit }) => `${oneLine(metric)}${unit === '' ? '' : ` (${oneLine(unit)})`}`)
    .join(', ');
  const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : '';
  const gate =
    fail_on.length > 0 && !fail_on.includes('change')
      ? `, and --fail-on ${fail_on.join(',')} does not include it (--fail-on ${[...fail_on, 'change'].join(',')} can)`
      : '';
  return `cannot judge ${names}${more}: the direction is unknown, so a change is neither a regression nor an improvement but a "change"${gate}. Say it in the metric line, "better": "lower" (or "higher", "neither"), or in the task, metrics: {${oneLine(first.metric)}: {better: lower}}`;
}
