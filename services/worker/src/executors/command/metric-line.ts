import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';

/** Other fields are the program's own business; the time is that of the line's arrival. */
const metricLine = z.object({
  metric: z.string().min(1).max(256),
  value: z.number(),
  unit: z.string().max(32).nullish(),
  step: z.number().nullish(),
});

export type ParsedLine =
  | { kind: 'text' }
  | { kind: 'point'; metric: string; value: number; unit: string | null }
  | { kind: 'invalid'; issues: Issue[] };

const TEXT: ParsedLine = { kind: 'text' };

/**
 * What a line of standard output is: a metric point when it is a JSON object with `metric`, otherwise text. A line that
 * was plainly meant as one but isn't (`{"metric":"loss","value":NaN}`) is invalid, with the reasons. Pure.
 */
export function parseLine(line: string): ParsedLine {
  const text = line.trimStart();
  if (!text.startsWith('{')) return TEXT;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return looksLikeMetric(text) ? { kind: 'invalid', issues: [notJson(text, error)] } : TEXT;
  }
  if (typeof value !== 'object' || value === null || !('metric' in value)) return TEXT;
  // By far most lines: not worth a schema.
  const { metric, value: number, unit } = value as { metric: unknown; value?: unknown; unit?: unknown };
  if (
    typeof metric === 'string' &&
    typeof number === 'number' &&
    Number.isFinite(number) &&
    unit === undefined &&
    metric !== '' &&
    metric.length <= 256
  ) {
    return { kind: 'point', metric, value: number, unit: null };
  }
  const parsed = parseWith(metricLine, value);
  if (!parsed.ok) return { kind: 'invalid', issues: parsed.issues };
  return { kind: 'point', metric: parsed.value.metric, value: parsed.value.value, unit: parsed.value.unit ?? null };
}

/** Whether a line, or the beginning of one that was too long, was meant to be a metric point. Pure. */
export function looksLikeMetric(line: string): boolean {
  return /^\s*\{/.test(line) && /"metric"\s*:/.test(line);
}

function notJson(text: string, error: unknown): Issue {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = /:\s*-?(NaN|Infinity|nan|inf)\b/.test(text) ? ' (JSON has no NaN and no Infinity)' : '';
  return { path: '(message)', code: 'invalid_json', message: `not JSON: ${reason}${hint}` };
}
