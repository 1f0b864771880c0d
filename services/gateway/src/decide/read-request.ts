import { expand } from '@benchwire/shared/contracts/expand.ts';
import { type Issue, request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { parse } from 'yaml';
import { HttpProblem } from '../problem.ts';

/** The body of a submit: JSON is read already, YAML is text. @throws HttpProblem 400 for YAML that is none */
export function readWritten(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return parse(body, { maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new HttpProblem(400, 'YAML_INVALID', 'The body is not YAML.', [
      { path: '(message)', code: 'invalid_yaml', message },
    ]);
  }
}

/** Checks a request as ingest will, without submitting it: the schema, the dependencies, the matrix. */
export function checkWritten(written: unknown): { task_count: number; issues: Issue[] } {
  const submission = asRequest(written);
  const own = (issues: readonly Issue[]): Issue[] =>
    issues.map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
  const parsed = parseWith(request, submission.request);
  if (!parsed.ok) return { task_count: 0, issues: own(parsed.issues) };
  const expansion = expand(parsed.value);
  return expansion.ok
    ? { task_count: expansion.tasks.length, issues: [] }
    : { task_count: 0, issues: own(expansion.issues) };
}
