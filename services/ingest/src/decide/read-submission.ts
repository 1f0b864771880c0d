import { createHash } from 'node:crypto';
import { expand } from '@benchwire/shared/contracts/expand.ts';
import { type Issue, type Request, request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, type Submission as Submitted, submittedPath } from '@benchwire/shared/contracts/submission.ts';
import { limitIssues, parseWith } from '@benchwire/shared/runtime/issues.ts';

/** A request that can become a run. */
export interface Submission {
  request: Request;
  /** As the user wrote it, without the defaults: much smaller with many tasks, and read back to the same request. */
  written: unknown;
  task_count: number;
}

export type ReadSubmission = { ok: true; submission: Submission } | { ok: false; issues: Issue[] };

/**
 * Checks what was submitted, a request or a single task, up to the tasks that it stands for. Pure.
 * @param default_request_id - for a request that brings none; it becomes part of the request
 */
export function readSubmission(value: unknown, default_request_id?: string): ReadSubmission {
  const submitted = withRequestId(asRequest(value), default_request_id);
  const refuse = (issues: readonly Issue[]): ReadSubmission => ({
    ok: false,
    issues: limitIssues(issues).map((issue) => ({ ...issue, path: submittedPath(issue.path, submitted) })),
  });
  const parsed = parseWith(request, submitted.request);
  if (!parsed.ok) return refuse(parsed.issues);
  const expansion = expand(parsed.value);
  if (!expansion.ok) return refuse(expansion.issues);
  return {
    ok: true,
    submission: { request: parsed.value, written: submitted.request, task_count: expansion.tasks.length },
  };
}

function withRequestId(submitted: Submitted, request_id: string | undefined): Submitted {
  const { request: value } = submitted;
  if (request_id === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return submitted;
  return 'request_id' in value ? submitted : { ...submitted, request: { request_id, ...value } };
}

/**
 * Tells whether two submissions under one request_id ask for the same. Taken from the parsed request: neither blanks,
 * nor the order of fields, nor a default that is written out make a difference.
 */
export function requestHash(parsed: Request): string {
  return createHash('sha256').update(JSON.stringify(parsed)).digest('hex');
}
