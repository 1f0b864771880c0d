import { expand } from '@benchwire/shared/contracts/expand.ts';
import { type Issue, type Request, request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import { InvalidRequestError } from '../errors.ts';
import { issueLines } from './locate.ts';
import type { WrittenRequest } from './read-request.ts';

export interface CheckedRequest {
  request: Request;
  tasks: Task[];
}

/** A file with thousands of alike mistakes is not helped by thousands of lines. */
const MAX_LINES = 50;

/**
 * Checks a request as ingest will: the schema, the dependencies, the matrix.
 * @throws InvalidRequestError with every issue: its place in the file, its path, what is wrong and what to do
 */
export function checkRequest(written: WrittenRequest): CheckedRequest {
  const submission = asRequest(written.value);
  const parsed = parseWith(request, submission.request);
  const fail = (issues: readonly Issue[]): InvalidRequestError => {
    const own = issues.map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
    const lines = issueLines(written, own);
    const shown = lines.slice(0, MAX_LINES);
    if (lines.length > MAX_LINES) shown.push(`… and ${lines.length - MAX_LINES} more`);
    return new InvalidRequestError(written.name, shown);
  };
  if (!parsed.ok) throw fail(parsed.issues);
  const expansion = expand(parsed.value);
  if (!expansion.ok) throw fail(expansion.issues);
  return { request: parsed.value, tasks: expansion.tasks };
}
