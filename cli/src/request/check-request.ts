import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import type { Task } from '@benchwire/shared/contracts/task.ts';
import { InvalidRequestError } from '../errors.ts';
import { issueLines } from './locate.ts';
import type { WrittenRequest } from './read-request.ts';

interface CheckedRequest {
  request: Request;
  tasks: Task[];
}

/**
 * Checks a request as ingest will: the schema, the dependencies, the matrix.
 * @throws InvalidRequestError with every issue (the first fifty): its place in the file, its path, what is wrong and what to do
 */
export function checkRequest(written: WrittenRequest): CheckedRequest {
  const checked = checkSubmission(written);
  if (checked.ok) return checked;
  throw new InvalidRequestError(written.name, issueLines(written, checked.issues));
}
