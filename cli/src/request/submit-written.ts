import type { Client } from '@benchwire/shared/client/client.ts';
import { ClientError } from '@benchwire/shared/client/errors.ts';
import type { Submitted } from '@benchwire/shared/client/submit.ts';
import type { Request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import { InvalidRequestError } from '../errors.ts';
import { issueLines } from './locate.ts';
import type { WrittenRequest } from './read-request.ts';

/**
 * Hands a request in as the user wrote it, with what options set.
 * @param request - the checked request; only what options may set is taken from it
 * @throws InvalidRequestError with the stack's reasons, where it knows more than this bw; else as the client does
 */
export async function submitWritten(client: Client, written: WrittenRequest, request: Request): Promise<Submitted> {
  const submission = asRequest(written.value);
  const { source, tags, name, request_id, files = [] } = request;
  const payload = {
    ...(submission.request as object),
    source,
    tags,
    name,
    request_id,
    ...(files.length === 0 ? {} : { files }),
  };
  try {
    return await client.submitWritten(payload);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'REQUEST_INVALID') throw error;
    const issues = error.issues.map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
    throw new InvalidRequestError(written.name, issueLines(written, issues));
  }
}
