import { expand } from '@benchwire/shared/contracts/expand.ts';
import { type Issue, type Request, request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { limitIssues, parseWith } from '@benchwire/shared/runtime/issues.ts';
import { InvalidRequestError } from '../errors.ts';
import { issueLines } from './locate.ts';
import type { WrittenRequest } from './read-request.ts';

export interface CheckedRequest {
  request: Request;
  tasks: Task[];
}

/**
 * Checks a request as ingest will: the schema, the dependencies, the matrix.
 * @throws InvalidRequestError with every issue (the first fifty): its place in the file, its path, what is wrong and what to do
 */
export function checkRequest(written: WrittenRequest): CheckedRequest {
  const submission = asRequest(written.value);
  const parsed = parseWith(request, submission.request);
  const fail = (issues: readonly Issue[]): InvalidRequestError => {
    const own = limitIssues(issues).map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
    return new InvalidRequestError(written.name, issueLines(written, own));
  };
  if (!parsed.ok) throw fail(parsed.issues);
  const expansion = expand(parsed.value);
  if (!expansion.ok) throw fail(expansion.issues);
  return { request: parsed.value, tasks: expansion.tasks };
}
