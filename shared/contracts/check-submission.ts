import { limitIssues, parseWith } from '../runtime/issues.ts';
import { expand } from './expand.ts';
import { type Issue, type Request, request } from './request.ts';
import { type Submission, sourceAtOf, submittedPath } from './submission.ts';
import type { Task } from './task.ts';

export type CheckedSubmission = { ok: true; request: Request; tasks: Task[] } | { ok: false; issues: Issue[] };

const NO_SOURCES: ReadonlyMap<string, string> = new Map();

/**
 * Checks what was submitted, a request or a single task, as far as that is possible without the fleet: the schema, the
 * dependencies, the matrix. Paths of issues are those of what was submitted. Pure.
 * @param sources - scalars as they were written, for messages (request-text/read-request-text.ts)
 */
export function checkSubmission(submission: Submission, sources = NO_SOURCES): CheckedSubmission {
  const refuse = (issues: readonly Issue[]): CheckedSubmission => ({
    ok: false,
    issues: limitIssues(issues).map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) })),
  });
  const parsed = parseWith(request, submission.request, sourceAtOf(submission, sources));
  if (!parsed.ok) return refuse(parsed.issues);
  const expansion = expand(parsed.value);
  if (!expansion.ok) return refuse(asWritten(expansion.issues, parsed.value, sources));
  return { ok: true, request: parsed.value, tasks: expansion.tasks };
}

/** Shows the values of a matrix as they were written. */
function asWritten(issues: readonly Issue[], parsed: Request, sources: ReadonlyMap<string, string>): readonly Issue[] {
  if (issues.every(({ code }) => code !== 'matrix_value')) return issues;
  const axes = Object.entries(parsed.matrix ?? {}).flatMap(([axis, values]) =>
    values.flatMap((value, index) => {
      const source = sources.get(`matrix.${axis}[${index}]`);
      return source === undefined
        ? []
        : [{ written: `${axis}=${source}`, read: `${axis}=${JSON.stringify(value)}`, value, source }];
    }),
  );
  if (axes.length === 0) return issues;
  return issues.map((issue) => {
    const axis = issue.code === 'matrix_value' ? axes.find(({ read }) => issue.message.includes(read)) : undefined;
    if (axis === undefined) return issue;
    const message = issue.message
      .replace(axis.read, () => axis.written)
      .replace(
        `but this is ${axis.value}: put it in quotes, "${axis.value}"`,
        () => `but this is ${axis.source}: put it in quotes, "${axis.source}"`,
      );
    return { ...issue, message };
  });
}
