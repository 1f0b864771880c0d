import { createHash } from 'node:crypto';
import { checkSubmission } from '@benchwire/shared/contracts/check-submission.ts';
import type { Issue, Request } from '@benchwire/shared/contracts/request.ts';
import { asRequest, type Submission as Submitted } from '@benchwire/shared/contracts/submission.ts';
import type { WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';

/** A request that can become a run. */
export interface Submission {
  request: Request;
  /** As the user wrote it, without the defaults: much smaller with many tasks, and read back to the same request. */
  written: unknown;
  task_count: number;
}

/** What a door has read. */
export type Arrived = Pick<WrittenText, 'value' | 'sources'>;

export type ReadSubmission = { ok: true; submission: Submission } | { ok: false; issues: Issue[] };

/**
 * Checks what was submitted, a request or a single task, up to the tasks that it stands for. Pure.
 * @param default_request_id - for a request that brings none; it becomes part of the request
 */
export function readSubmission({ value, sources }: Arrived, default_request_id?: string): ReadSubmission {
  const submitted = withRequestId(asRequest(value), default_request_id);
  const checked = checkSubmission(submitted, sources);
  if (!checked.ok) return { ok: false, issues: checked.issues };
  return {
    ok: true,
    submission: { request: checked.request, written: submitted.request, task_count: checked.tasks.length },
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
