import type { Issue } from '../contracts/request.ts';
import { BenchwireError } from '../runtime/errors.ts';

/**
 * What can go wrong for a client, beside `UNREACHABLE` (runtime/errors.ts: nobody answers) and `CONFIG_INVALID` (a
 * variable or a stack.json that can't be read). Programs may rely on these codes.
 */
export type ClientErrorCode =
  /** The request has mistakes; `issues` tells each. Nothing was started. */
  | 'REQUEST_INVALID'
  /** The stack understood and says no; `issues` tells why. */
  | 'REFUSED'
  /** Too many questions at a time; `retry_after_seconds` says when to ask again. */
  | 'BUSY'
  /** The message is larger than the NATS server takes. */
  | 'MESSAGE_TOO_LARGE'
  /** The user of this connection may not do that: its permissions on the NATS server. */
  | 'NOT_ALLOWED'
  /** The answer has a form that this client does not know. */
  | 'BAD_REPLY'
  /** Whether there is a finding can't be told yet; trying again later helps. */
  | 'NOT_SETTLED'
  /** A parameter of a question is wrong; `issues` names it. */
  | 'QUERY_INVALID'
  /** What was asked of `watch` can't be told from the streams that were chosen. */
  | 'WATCH_INVALID'
  /** The connection was closed, here or by the server for good. */
  | 'CONNECTION_CLOSED';

const RETRIABLE: ReadonlySet<ClientErrorCode> = new Set(['BUSY', 'NOT_SETTLED', 'CONNECTION_CLOSED']);

/** Every error of shared/client that is not about reaching the stack. Told apart by `code`. */
export class ClientError extends BenchwireError {
  declare readonly code: ClientErrorCode;
  /** What went wrong, without the issues that the message tells as well. */
  readonly summary: string;
  readonly issues: readonly Issue[];
  readonly retry_after_seconds: number | undefined;

  constructor(
    code: ClientErrorCode,
    summary: string,
    options: { issues?: readonly Issue[]; cause?: unknown; retry_after_seconds?: number } = {},
  ) {
    const { issues = [], cause, retry_after_seconds } = options;
    const message = issues.length === 0 ? summary : `${summary}: ${issues.map(issueLine).join('; ')}`;
    super(code, message, { retriable: RETRIABLE.has(code), cause });
    this.name = 'ClientError';
    this.summary = summary;
    this.issues = issues;
    this.retry_after_seconds = retry_after_seconds;
  }
}

/** An issue as a line: where, what, and what to do. */
export function issueLine(issue: Issue): string {
  return issue.path === '' || issue.path === '(message)' ? issue.message : `${issue.path}: ${issue.message}`;
}
