import type { z } from 'zod';
import { CALLER_HEADER, type request, SUBMIT_SUBJECT, submitReply } from '../contracts/request.ts';
import { asRequest, submittedPath } from '../contracts/submission.ts';
import type { taskSpec } from '../contracts/task.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';
import { ClientError } from './errors.ts';

/** A request as its author writes it, with or without what has a default; or a single task. */
export type RequestInput = z.input<typeof request> | z.input<typeof taskSpec>;

export interface SubmitOptions {
  /** Idempotency key: the same id within 24 hours gives the same run, so that a submit may be repeated. */
  request_id?: string | undefined;
  /** Whose request_id it is, where the program submits for others: the same id of two callers stands for two runs. Since 0.4. */
  caller?: string | undefined;
}

export interface Submitted {
  run_id: string;
  task_count: number;
  /** This request_id had been accepted before: nothing new was started. */
  duplicate: boolean;
}

/**
 * Hands a request in; resolves when the run is stored, so that it happens whatever crashes then. What goes out is what
 * was written, without the schema's defaults: they are the stack's to fill in, and would make large requests several
 * times larger.
 * @throws ClientError REQUEST_INVALID with every mistake, MESSAGE_TOO_LARGE; UnreachableError when nobody answers: then
 *   the run may or may not be there, and with a request_id trying again is harmless
 */
export async function submit(
  nats: NatsConnection,
  written: RequestInput,
  options: SubmitOptions = {},
): Promise<Submitted> {
  return await submitWritten(nats, written, options);
}

/** The same with what somebody else wrote, which may be anything: ingest says what is wrong with it. */
export async function submitWritten(
  nats: NatsConnection,
  written: unknown,
  options: SubmitOptions = {},
): Promise<Submitted> {
  const { request_id, caller } = options;
  const submission = request_id === undefined ? { request: written, path_prefix: '' } : asRequest(written);
  const payload = request_id === undefined ? written : { ...objectOf(submission.request), request_id };
  const reply = await ask(nats, SUBMIT_SUBJECT, payload, submitReply, {
    service: 'ingest service',
    ...(caller === undefined ? {} : { headers: { [CALLER_HEADER]: caller } }),
    too_large: 'write many alike tasks as a `matrix` or with `repetitions`, or split the request',
  });
  if (reply.ok) return { run_id: reply.run_id, task_count: reply.task_count, duplicate: reply.duplicate };
  const issues = reply.issues.map((issue) => ({ ...issue, path: submittedPath(issue.path, submission) }));
  throw new ClientError('REQUEST_INVALID', 'the request is not valid', { issues });
}

/** What is no object has no fields: ingest then says that its tasks are missing. */
function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
