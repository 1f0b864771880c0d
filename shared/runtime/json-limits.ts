import { MAX_DEPTH, MAX_VALUES } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';

export interface JsonLimits {
  max_depth: number;
  max_values: number;
}

/** What people and programs send. */
export const DOOR_LIMITS: JsonLimits = { max_depth: MAX_DEPTH, max_values: MAX_VALUES };
/** What services send each other: an answer may hold as many values as fit into a message. */
export const SERVICE_LIMITS: JsonLimits = { max_depth: MAX_DEPTH, max_values: Number.POSITIVE_INFINITY };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * What is too deep or too much in JSON that has not been parsed: one pass over the bytes, so that the parser, whose work and
 * stack grow with the depth, never sees it. Says nothing about whether it is JSON.
 */
export function jsonLimitIssue(bytes: Uint8Array, limits: JsonLimits): Issue | undefined {
  const { max_depth, max_values } = limits;
  let depth = 0;
  // Each value but the first of a list or object follows a comma.
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
        break;
      case COMMA:
        values++;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        values++;
        depth++;
        if (depth > max_depth) return tooDeep(max_depth, `at byte ${at}`);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
      default:
    }
    if (values > max_values) return tooMany(max_values);
  }
  return undefined;
}

/**
 * Whether there are too few brackets to be beyond the limits, which is most of what services send each other. Takes a fifteenth
 * of the time of looking at each byte.
 */
export function isWithinLimits(json: string, { max_depth, max_values }: JsonLimits): boolean {
  if (max_values !== Number.POSITIVE_INFINITY) return false;
  let left = max_depth;
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) if (--left < 0) return false;
  }
  return true;
}

/** @param where - `at byte 64`, `in line 3` */
export function tooDeep(max_depth: number, where: string): Issue {
  const message = `lists and objects are inside each other more than ${max_depth} deep (${where}): write it flatter`;
  return { path: '(message)', code: 'too_deep', message };
}

function tooMany(max_values: number): Issue {
  const message = `there are more than ${max_values} values: write what is alike as \`matrix\` or \`repetitions\`, or split it`;
  return { path: '(message)', code: 'too_many_values', message };
}

/** The same of a value that is there already, however often parts of it are shared. */
export function valueLimitIssue(value: unknown, limits: JsonLimits): Issue | undefined {
  const { max_depth, max_values } = limits;
  let values = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length;
    if (values > max_values) return tooMany(max_values);
    if (depth > max_depth) return tooDeep(max_depth, 'with its aliases');
    level = childrenOf(level, max_values - values);
  }
  return undefined;
}

/** How many values a value holds, itself included; counts hardly further than `most`. */
export function countValues(value: unknown, most: number): number {
  let values = 0;
  for (let level: unknown[] = [value]; level.length > 0 && values <= most; level = childrenOf(level, most - values))
    values += level.length;
  return values;
}

/** What stands directly in these values; no more than are needed to see that they are too many. */
function childrenOf(level: readonly unknown[], most: number): unknown[] {
  const children: unknown[] = [];
  for (const parent of level) {
    if (typeof parent !== 'object' || parent === null) continue;
    for (const name in parent) {
      if (children.length > most) return children;
      children.push((parent as Record<string, unknown>)[name]);
    }
  }
  return children;
}
