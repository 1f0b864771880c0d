import type { z } from 'zod';
import type { Issue } from '../contracts/request.ts';

/** `tasks[0].config.batch_sizes[1]`; `(message)` for the message as a whole. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text === '' ? '(message)' : text;
}

/** What a Zod schema found, in the contract's form. Unions are reported by their closest branch. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((problem) => toIssues(problem, []));
}

function toIssues(problem: z.core.$ZodIssue, parent: readonly PropertyKey[]): Issue[] {
  const path = [...parent, ...problem.path];
  if (problem.code === 'invalid_union' && problem.errors.length > 0) {
    const closest = [...problem.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    if (closest.length > 0) return closest.flatMap((inner) => toIssues(inner, path));
  }
  return [{ path: formatPath(path), code: problem.code, message: problem.message }];
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; issues: Issue[] };

/** Checks a value against a contract. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const result = schema.safeParse(value);
  return result.success ? { ok: true, value: result.data } : { ok: false, issues: issuesOf(result.error) };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads JSON bytes and checks them against a contract; bytes that are no JSON are an issue like any other. */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, issues: [{ path: '(message)', code: 'invalid_json', message: `not JSON: ${reason}` }] };
  }
  return parseWith(schema, value);
}
