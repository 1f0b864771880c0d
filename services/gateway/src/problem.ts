import { ClientError } from '@benchwire/shared/client/errors.ts';
import type { Problem } from '@benchwire/shared/contracts/http.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { problemDocument, type Refusal } from '@benchwire/shared/runtime/problem.ts';
import type { FastifyError } from 'fastify';

/** An answer that is no success: what a handler throws to say so. */
export class HttpProblem extends BenchwireError {
  readonly status: number;
  readonly issues: readonly Issue[];
  /** For the header Retry-After. */
  readonly retry_seconds: number | undefined;

  constructor(status: number, code: string, detail: string, issues: readonly Issue[] = [], retry_seconds?: number) {
    super(code, detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.issues = issues;
    this.retry_seconds = retry_seconds;
  }
}

export const notFound = (what: string): HttpProblem => new HttpProblem(404, 'NOT_FOUND', `There is no ${what}.`);

const CLIENT_STATUS: Record<string, number> = {
  QUERY_INVALID: 400,
  REQUEST_INVALID: 422,
  REFUSED: 422,
  BUSY: 429,
  MESSAGE_TOO_LARGE: 413,
  NOT_ALLOWED: 502,
  BAD_REPLY: 502,
  NOT_SETTLED: 503,
  CONNECTION_CLOSED: 503,
  UNREACHABLE: 503,
  PUBLISH_ABORTED: 503,
  PUBLISH_REFUSED: 502,
  ARTIFACT_WRONG_HASH: 422,
  ARTIFACT_TOO_LARGE: 413,
  ARTIFACT_DISTURBED: 409,
  ARTIFACTS_FULL: 507,
  IMPORT_INVALID: 422,
};

/** Whatever was thrown as `application/problem+json` (RFC 9457). What nobody foresaw tells no secrets: its reason is in the log. */
export function problemOf(error: unknown, request_id: string): Problem {
  return problemDocument(refusalOf(error), request_id);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof HttpProblem)
    return { status: error.status, code: error.code, detail: error.message, issues: error.issues };
  if (error instanceof BenchwireError) {
    const issues = error instanceof ClientError ? error.issues : [];
    return { status: CLIENT_STATUS[error.code] ?? 500, code: error.code, detail: error.message, issues };
  }
  const { statusCode: status, code, message } = isFastifyError(error) ? error : {};
  if (status !== undefined && status >= 400 && status < 500)
    return { status, code: code ?? `HTTP_${status}`, detail: message ?? 'The request was refused.' };
  const detail = 'Something went wrong here; the log has the reason under this request_id.';
  return { status: 500, code: 'INTERNAL', detail };
}

function isFastifyError(error: unknown): error is Partial<FastifyError> {
  return typeof error === 'object' && error !== null && 'statusCode' in error;
}
