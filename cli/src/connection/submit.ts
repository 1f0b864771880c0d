import { type Request, SUBMIT_SUBJECT, submitReply } from '@benchwire/shared/contracts/request.ts';
import { asRequest, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { InvalidRequestError } from '../errors.ts';
import { issueLines } from '../request/locate.ts';
import type { WrittenRequest } from '../request/read-request.ts';
import { ask } from './ask.ts';

export interface Submitted {
  run_id: string;
  task_count: number;
  duplicate: boolean;
}

/**
 * Hands a request in. What goes out is what the user wrote, without the defaults that the schema filled in: they are
 * the stack's to fill in, and would make large requests several times larger.
 * @param request - the checked request; only what options may set is taken from it
 * @throws InvalidRequestError with the stack's reasons, where it knows more than this bw
 */
export async function submit(nats: NatsConnection, written: WrittenRequest, request: Request): Promise<Submitted> {
  const submission = asRequest(written.value);
  const { source, tags, name, request_id } = request;
  const payload = { ...(submission.request as object), source, tags, name, request_id };
  const reply = await ask(nats, SUBMIT_SUBJECT, payload, submitReply, { service: 'ingest service' });
  if (reply.ok) return reply;
  const issues = reply.issues.map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
  throw new InvalidRequestError(written.name, issueLines(written, issues));
}
