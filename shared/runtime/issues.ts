import type { z } from 'zod';
import { MAX_ISSUE_CHARACTERS, MAX_ISSUES, MAX_PATH_CHARACTERS } from '../contracts/limits.ts';
import type { Issue } from '../contracts/request.ts';
import { shorten } from '../format/shorten.ts';
import { isWithinLimits, type JsonLimits, jsonLimitIssue, SERVICE_LIMITS } from './json-limits.ts';
import { didYouMean } from './near-names.ts';
import { fieldsAt, rightPlaceFor, valueAt } from './schema-walk.ts';
import { TYPE_WORDS } from './zod-words.ts';

/** `tasks[0].config.batch_sizes[1]`; `(message)` for the message as a whole. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
    if (text.length > MAX_PATH_CHARACTERS) return shorten(text, MAX_PATH_CHARACTERS);
  }
  return text === '' ? '(message)' : text;
}

/** The scalar at a path as its author wrote it, where it prints otherwise: `1.10`, `0x1F`, `~`. */
export type SourceAt = (path: string) => string | undefined;

/** What was checked, so that an issue can say what stood there and which fields there are. */
interface Checked {
  schema: z.core.$ZodType;
  value: unknown;
  source_at?: SourceAt | undefined;
}

/**
 * What a Zod schema found, in the contract's form and in words for anyone who wrote the value: unknown fields name the
 * near ones, a wrong value says what it was, unions are reported by their closest branch. Without what was checked the
 * messages are those of zod-words.ts. At most MAX_ISSUES: the others are counted and not worded, so that the work does not grow with them.
 */
export function issuesOf(error: z.ZodError, checked?: Checked): Issue[] {
  const issues: Issue[] = [];
  let found = 0;
  for (const problem of error.issues) {
    if (issues.length < MAX_ISSUES) {
      const more = toIssues(problem, [], checked);
      issues.push(...more);
      found += Math.max(more.length, countOf(problem));
    } else found += countOf(problem);
  }
  return limitIssues(issues, found);
}

function countOf(problem: z.core.$ZodIssue): number {
  return problem.code === 'unrecognized_keys' ? problem.keys.length : 1;
}

function toIssues(problem: z.core.$ZodIssue, parent: readonly PropertyKey[], checked: Checked | undefined): Issue[] {
  const path = [...parent, ...problem.path];
  const issue = (message: string, at = path): Issue => ({ path: formatPath(at), code: problem.code, message });
  if (checked === undefined && problem.code !== 'invalid_union') return [issue(problem.message)];
  const value = valueAt(checked?.value, path);
  const source = checked?.source_at?.(formatPath(path));
  switch (problem.code) {
    case 'unrecognized_keys':
      return problem.keys.slice(0, MAX_ISSUES).map((key) => issue(unknownField(key, path, checked), [...path, key]));
    case 'invalid_type':
      return [issue(wrongType([problem.expected], value, source))];
    case 'invalid_value':
      return [issue(wrongValue(value, problem.values.map(String), source))];
    case 'invalid_union':
      return unionIssues(problem, path, checked, issue);
    case 'invalid_key':
      return problem.issues.map((inner) =>
        issue(`"${shorten(String(path.at(-1)), 100)}" cannot be a name here: ${inner.message}`),
      );
    default:
      return [issue(problem.message)];
  }
}

function unionIssues(
  problem: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  checked: Checked | undefined,
  issue: (message: string) => Issue,
): Issue[] {
  const value = valueAt(checked?.value, path);
  const source = checked?.source_at?.(formatPath(path));
  if (problem.errors.length === 0) {
    const { options } = problem as { options?: readonly unknown[] };
    return [issue(wrongValue(value, (options ?? []).map(String), source))];
  }
  // A branch that fails on the value itself is for another type; the others say what is wrong inside of it.
  const expected: string[] = [];
  let closest: readonly z.core.$ZodIssue[] | undefined;
  for (const branch of problem.errors) {
    const root = branch.find((inner) => inner.path.length === 0 && inner.code === 'invalid_type');
    if (root?.code === 'invalid_type') expected.push(root.expected);
    else if (closest === undefined || branch.length < closest.length) closest = branch;
  }
  if (closest === undefined) return [issue(wrongType(expected, value, source))];
  return closest.slice(0, MAX_ISSUES).flatMap((inner) => toIssues(inner, path, checked));
}

function unknownField(key: string, path: readonly PropertyKey[], checked: Checked | undefined): string {
  if (checked === undefined) return `there is no field "${key}"`;
  const { schema, value } = checked;
  const what = `there is no field "${key.slice(0, 100)}" here`;
  const place = rightPlaceFor(key, schema, value, path);
  if (place !== undefined) return `${what}: ${place}.`;
  const known = fieldsAt(schema, value, path);
  return `${what}.${didYouMean(key, known)}${known.length === 0 ? '' : ` Possible: ${known.join(', ')}.`}`;
}

function wrongType(expected: readonly string[], value: unknown, source?: string): string {
  const wanted = [...new Set(expected.map((name) => TYPE_WORDS[name] ?? name))].join(' or ');
  if (value === undefined) return `is missing: it takes ${wanted}`;
  if (value === null && source === '') return `has no value: it takes ${wanted}`;
  return `takes ${wanted}, but this is ${shown(value, source)}${remedy(expected, value, source)}`;
}

function wrongValue(value: unknown, possible: readonly string[], source?: string): string {
  const list = possible.join(', ');
  if (value === undefined) return `is missing: use ${possible.length === 1 ? list : `one of ${list}`}`;
  const near = typeof value === 'string' ? didYouMean(value, possible) : '';
  return `is ${shown(value, source)}: use ${possible.length === 1 ? list : `one of ${list}`}.${near}`;
}

function shown(value: unknown, source?: string): string {
  if (source !== undefined && source !== '') return shorten(source, 60);
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the text ${JSON.stringify(shorten(value, 60))}`;
  return String(value);
}

/** What to do about a scalar that is read as another type than its author had in mind. */
function remedy(expected: readonly string[], value: unknown, source: string | undefined): string {
  const text = source ?? String(value);
  if (expected.includes('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return `: put it in quotes, ${JSON.stringify(shorten(text, 60))}`;
  if (typeof value !== 'string') return '';
  if (expected.includes('boolean') && /^(y|yes|on|n|no|off|true|false)$/i.test(value))
    return `: write ${/^(y|yes|on|true)$/i.test(value) ? 'true' : 'false'}, without quotes`;
  const plain = value.replace(/[_' ]|,(?=\d{3}\b)/g, '');
  if (expected.some((name) => name === 'number' || name === 'int') && /^-?\d{1,15}(\.\d{1,15})?$/.test(plain))
    return `: write ${plain}, without quotes`;
  return '';
}

/**
 * At most MAX_ISSUES, each of them short, so that a reply fits into a message; the last one says how many more there are.
 * @param found - how many there were, where some have been left out already
 */
export function limitIssues(issues: readonly Issue[], found = issues.length): Issue[] {
  const shown = issues.slice(0, found > MAX_ISSUES ? MAX_ISSUES - 1 : MAX_ISSUES).map((issue) => ({
    path: shorten(issue.path, MAX_PATH_CHARACTERS),
    code: issue.code,
    message: shorten(issue.message, MAX_ISSUE_CHARACTERS),
  }));
  if (found <= MAX_ISSUES) return shown;
  const message = `and ${found - shown.length} more of them: correct these first`;
  return [...shown, { path: '(message)', code: MORE_ISSUES, message }];
}

/** The code of the issue that says how many more there are. */
export const MORE_ISSUES = 'more_issues';

export type Parsed<T> = { ok: true; value: T } | { ok: false; issues: Issue[] };

/**
 * Checks a value against a contract.
 * @param source_at - so that messages show what stands in the text, for a value that was read from one
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, source_at?: SourceAt): Parsed<T> {
  const result = schema.safeParse(value);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, issues: issuesOf(result.error, { schema, value, source_at }) };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads JSON bytes and checks them against a contract; bytes that are no JSON, or too deep or too many values for the limits,
 * are an issue like any other.
 */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, limits: JsonLimits = SERVICE_LIMITS): Parsed<T> {
  const read = readJson(bytes, limits);
  return read.ok ? parseWith(schema, read.value) : read;
}

/** Reads JSON bytes within the limits, whatever they say. */
export function readJson(bytes: Uint8Array, limits: JsonLimits = SERVICE_LIMITS): Parsed<unknown> {
  try {
    const text = decoder.decode(bytes);
    const beyond = isWithinLimits(text, limits) ? undefined : jsonLimitIssue(bytes, limits);
    if (beyond !== undefined) return { ok: false, issues: [beyond] };
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, issues: [{ path: '(message)', code: 'invalid_json', message: `not JSON: ${reason}` }] };
  }
}
