import { expand } from '@benchwire/shared/contracts/expand.ts';
import { MAX_YAML_BYTES } from '@benchwire/shared/contracts/limits.ts';
import { type Issue, request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import { limitIssues, parseWith } from '@benchwire/shared/runtime/issues.ts';
import { readYaml } from '@benchwire/shared/runtime/read-yaml.ts';
import { HttpProblem } from '../problem.ts';

/** The body of a submit: JSON is read already, YAML is text. @throws HttpProblem 400 for YAML that is none, 413 for too much of it */
export function readWritten(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_YAML_BYTES) {
    const limit = `YAML may have ${MAX_YAML_BYTES} bytes, and this has ${bytes}`;
    throw new HttpProblem(413, 'BODY_TOO_LARGE', `${limit}: send it as JSON, which may be larger, or use \`bw run\`.`);
  }
  const read = readYaml(body);
  if (read.ok) return read.value;
  const issues = read.issues.map(({ path, code, message, line, column }) => ({
    ...{ path, code },
    message: line === null ? message : `line ${line}, column ${column}: ${message}`,
  }));
  throw new HttpProblem(400, 'YAML_INVALID', 'The body is not valid YAML.', limitIssues(issues));
}

/** Checks a request as ingest will, without submitting it: the schema, the dependencies, the matrix. */
export function checkWritten(written: unknown): { task_count: number; issues: Issue[] } {
  const submission = asRequest(written);
  const own = (issues: readonly Issue[]): Issue[] =>
    limitIssues(issues).map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
  const parsed = parseWith(request, submission.request);
  if (!parsed.ok) return { task_count: 0, issues: own(parsed.issues) };
  const expansion = expand(parsed.value);
  return expansion.ok
    ? { task_count: expansion.tasks.length, issues: [] }
    : { task_count: 0, issues: own(expansion.issues) };
}
