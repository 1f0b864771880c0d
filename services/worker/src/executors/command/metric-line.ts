import { stripVTControlCharacters } from 'node:util';
import { BETTER, type Better } from '@benchwire/shared/contracts/direction.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { z } from 'zod';
import { jsonSpans } from './json-spans.ts';
import { isLogPrefix } from './log-prefix.ts';
import { looseToJson, notANumber } from './loose-json.ts';

/** Other fields are the program's own business; the time is that of the line's arrival. */
const metricObject = z.object({
  metric: z.string().min(1).max(256),
  value: z.number(),
  unit: z.string().max(32).nullish(),
  step: z.number().nullish(),
});

export interface Point {
  metric: string;
  value: number;
  unit: string | null;
  /** Which way is better, where the line says it. */
  better?: Better;
}

/** What a line of standard output says. A line without points and without issues is text. */
export interface ParsedLine {
  points: Point[];
  /** Of what was plainly meant as a metric and is none. */
  issues: Issue[];
}

const TEXT: ParsedLine = { points: [], issues: [] };

/**
 * Reads a line: metric objects (`{"metric": …, "value": …}`), one or several, in a list, behind what a logger puts before
 * a message, as Python prints them. What was plainly meant as a metric but is none has its reasons in `issues`. Pure.
 */
export function parseLine(line: string): ParsedLine {
  const said = parseWritten(line);
  if (!said.points.some(({ value }) => value === 0)) return said;
  const vanished = (line.match(SMALL) ?? []).find(
    (text) => Number(text) === 0 && /[1-9]/.test(text.replace(/e.*/i, '')),
  );
  if (vanished === undefined) return said;
  const message = `${vanished} is so small that it would become 0: print it in a smaller unit`;
  const points = said.points.filter(({ value }) => value !== 0);
  return { points, issues: [...said.issues, { path: 'value', code: 'not_a_number', message }] };
}

/** Numbers that may be smaller than any that can be kept. */
const SMALL = /-?\d[\d.]*e-\d{3,}/gi;

function parseWritten(line: string): ParsedLine {
  const quick = readPlain(line);
  if (quick !== undefined) return quick;
  if (!line.includes('{') || !MAYBE.test(line)) return TEXT;
  const text = withoutControls(line).trim();
  const { spans } = jsonSpans(text);
  const found: ParsedLine = { points: [], issues: [] };
  let first: number | undefined;
  let last = 0;
  for (const { from, to } of spans) {
    const part = text.slice(from, to);
    if (!MAYBE.test(part)) continue;
    const value = readJson(part);
    if (value === undefined) continue;
    const said = metricsIn(value, 0);
    if (said.points.length + said.issues.length === 0) continue;
    found.points.push(...said.points);
    found.issues.push(...said.issues);
    // What stands between two objects is text around them, unless it only separates them.
    if (first !== undefined && !SEPARATOR.test(text.slice(last, from))) return surrounded(text);
    first ??= from;
    last = to;
  }
  if (first === undefined) return mentionsMetric(text) ? { points: [], issues: [whyNone(text)] } : TEXT;
  if (!isLogPrefix(text.slice(0, first)) || !SEPARATOR.test(text.slice(last))) return surrounded(text);
  return found;
}

/** Words without which a line is no metric: cheap, before anything is parsed. */
const MAYBE = /metric|value/i;
const SEPARATOR = /^[\s,;.\])]*$/;
const MENTION = /\\?["']metric(?:_name)?\\?["']\s{0,20}:|\{\s{0,20}metric\s{0,20}:/i;

/** By far most lines: an object as JSON has it and nothing else. Not worth more than one look. */
function readPlain(line: string): ParsedLine | undefined {
  const start = line.charCodeAt(0);
  if (start !== 123 /* { */ && !/^\s/.test(line)) return undefined;
  const text = line.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { metric, value: number, unit, better } = value as Readonly<Record<string, unknown>>;
  if (
    typeof metric === 'string' &&
    typeof number === 'number' &&
    Number.isFinite(number) &&
    unit === undefined &&
    better === undefined &&
    metric !== '' &&
    metric.length <= 256
  ) {
    return { points: [{ metric, value: number, unit: null }], issues: [] };
  }
  const said = metricsIn(value, 0);
  const isSilent = said.points.length + said.issues.length === 0;
  return isSilent && mentionsMetric(text) ? { points: [], issues: [whyNone(text)] } : said;
}

/** Whether a line, or the beginning of one that was too long, was meant to be a metric point. Pure. */
export function looksLikeMetric(line: string): boolean {
  return /^\s*\{/.test(line) && /"metric"\s*:/.test(line);
}

/** Whether a line has a metric's key in it, wherever: then it is taken, or told. Pure. */
export function mentionsMetric(line: string): boolean {
  return MENTION.test(line);
}

/** Colours, cursor movements, titles and other controls of terminals; a tab stays. */
export function withoutControls(line: string): string {
  return stripVTControlCharacters(line).replace(/[^\P{Cc}\t\n]|\ufeff/gu, '');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const json = looseToJson(text);
    if (json === undefined) return undefined;
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  }
}

/** Objects in objects: `{"metrics": [{…}]}`. */
const MAX_DEPTH = 3;
/** Names of the metric beside `metric`, where a value stands with them and nothing that a metric has not. */
const NAMES = ['name', 'metric_name', 'metricName'] as const;
const BESIDE_NAME: ReadonlySet<string> = new Set([
  ...NAMES,
  ...['value', 'unit', 'units', 'better', 'step', 'time', 'timestamp', 'ts', 'range', 'extra', 'lower_is_better'],
  ...['higher_is_better', 'type', 'tags', 'labels'],
]);

function metricsIn(value: unknown, depth: number): ParsedLine {
  if (depth > MAX_DEPTH) return TEXT;
  if (Array.isArray(value)) return together(value.map((item) => metricsIn(item, depth + 1)));
  if (!isRecord(value)) return TEXT;
  if ('metric' in value) return onePoint(value);
  for (const name of NAMES) {
    if (typeof value[name] !== 'string' || !('value' in value)) continue;
    if (Object.keys(value).every((key) => BESIDE_NAME.has(key))) return onePoint({ ...value, metric: value[name] });
  }
  if ('metrics' in value) {
    const { metrics } = value;
    if (Array.isArray(metrics)) return metricsIn(metrics, depth + 1);
    if (isRecord(metrics)) {
      const named = Object.entries(metrics).map(([metric, inner]) =>
        onePoint(isRecord(inner) ? { ...inner, metric } : { metric, value: inner }),
      );
      return together(named);
    }
  }
  return TEXT;
}

function together(all: readonly ParsedLine[]): ParsedLine {
  return { points: all.flatMap(({ points }) => points), issues: all.flatMap(({ issues }) => issues) };
}

function onePoint(object: Readonly<Record<string, unknown>>): ParsedLine {
  const { value } = object;
  const none = notANumber(value) ?? (typeof value === 'number' && !Number.isFinite(value) ? 'too large' : undefined);
  if (none !== undefined) {
    const message = `${none} cannot be stored (JSON has no NaN and no Infinity)`;
    return { points: [], issues: [{ path: 'value', code: 'not_a_number', message }] };
  }
  const unit = object.unit ?? object.units;
  const parsed = parseWith(metricObject, { ...object, unit: unit === '' ? null : unit });
  if (!parsed.ok) return { points: [], issues: parsed.issues };
  const point: Point = { metric: parsed.value.metric, value: parsed.value.value, unit: parsed.value.unit ?? null };
  const better = betterOf(object);
  if (better === undefined) return { points: [point], issues: [] };
  if (better.ok) return { points: [{ ...point, better: better.value }], issues: [] };
  const message = `"${better.text}" is not a direction: better is one of ${BETTER.join(', ')}; the value was taken`;
  return { points: [point], issues: [{ path: 'better', code: 'unknown_direction', message }] };
}

const DIRECTIONS: Readonly<Record<string, Better>> = {
  ...{ lower: 'lower', lower_is_better: 'lower', smaller: 'lower', less: 'lower', min: 'lower', minimize: 'lower' },
  ...{ down: 'lower', minimise: 'lower', maximise: 'higher', up: 'higher', more: 'higher', bigger: 'higher' },
  ...{ higher: 'higher', higher_is_better: 'higher', larger: 'higher', max: 'higher', maximize: 'higher' },
  ...{ neither: 'neither', none: 'neither' },
};

function betterOf(
  object: Readonly<Record<string, unknown>>,
): { ok: true; value: Better } | { ok: false; text: string } | undefined {
  if (object.lower_is_better === true || object.higher_is_better === false) return { ok: true, value: 'lower' };
  if (object.higher_is_better === true || object.lower_is_better === false) return { ok: true, value: 'higher' };
  const { better } = object;
  if (better === undefined || better === null) return undefined;
  const text = String(better);
  const value = DIRECTIONS[text.trim().toLowerCase().replaceAll(/[ -]/g, '_')];
  return value === undefined ? { ok: false, text: text.slice(0, 60) } : { ok: true, value };
}

function surrounded(text: string): ParsedLine {
  const message = `there is text around it: print the object on a line of its own, or after what a logger puts before a message`;
  return mentionsMetric(text) ? { points: [], issues: [{ path: '(message)', code: 'text_around', message }] } : TEXT;
}

/** Why a line that has a metric's key in it is none. */
function whyNone(text: string): Issue {
  const { spans, open_from } = jsonSpans(text);
  const place = '(message)';
  const [span] = spans.filter(({ from, to }) => mentionsMetric(text.slice(from, to)));
  if (span === undefined)
    return open_from === undefined
      ? { path: place, code: 'no_object', message: 'it is inside of a text, not an object of its own' }
      : { path: place, code: 'invalid_json', message: 'not JSON: the object does not end' };
  try {
    JSON.parse(text.slice(span.from, span.to));
    return { path: place, code: 'no_object', message: 'the metric is inside of another object or of a text' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { path: place, code: 'invalid_json', message: `not JSON: ${reason}` };
  }
}
