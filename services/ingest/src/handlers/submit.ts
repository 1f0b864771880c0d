import { CALLER_HEADER, type Issue, SUBMIT_SUBJECT, type SubmitReply } from '@benchwire/shared/contracts/request.ts';
import { readRequest, type WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import { contentHashIssues } from '@benchwire/shared/runtime/content-hash.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { type Answering, respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { type AdmissionContext, admit } from '../admission.ts';
import { REJECTED_WHERE, traceOf } from '../decide/submitted-message.ts';

export interface SubmitContext extends AdmissionContext {
  nats: NatsConnection;
  jetstream: JetStreamClient;
}

/** Answers submitted requests: with the run id once RUNS has the run, or with everything that is wrong. */
export function answerSubmissions(context: SubmitContext): Answering {
  return respond<WrittenText, SubmitReply>(context.nats, context.jetstream, context.log, {
    subject: SUBMIT_SUBJECT,
    queue: 'ingest',
    read: readRequest,
    rejected_where: REJECTED_WHERE,
    max_concurrent: 256,
    // As large as the server takes them.
    max_bytes: Number.POSITIVE_INFINITY,
    refuse: (issues) => {
      context.metrics.rejected.inc();
      return { ok: false, issues };
    },
    handle: (written, message) => submit(context, written, message),
  });
}

async function submit(context: SubmitContext, written: WrittenText, message: Msg): Promise<SubmitReply> {
  const changed = contentHashIssues(message.data, (name) => message.headers?.get(name));
  if (changed.length > 0) return await refuse(context, message, changed);
  try {
    const trace = traceOf((name) => message.headers?.get(name));
    const admission = await admit(context, {
      written,
      trace,
      caller: message.headers?.get(CALLER_HEADER) || undefined,
    });
    return admission.ok ? admission : await refuse(context, message, admission.issues);
  } catch (error) {
    if (!(error instanceof BenchwireError) || error.code !== 'PUBLISH_ABORTED') throw error;
    context.log.error({ err: error }, 'could not store a run');
    context.metrics.rejected.inc();
    const hint = 'NATS does not store it now: try again, with a request_id, so that it cannot become two runs';
    return { ok: false, issues: [{ path: '(message)', code: 'not_stored', message: hint }] };
  }
}

async function refuse(context: SubmitContext, message: Msg, issues: Issue[]): Promise<SubmitReply> {
  context.metrics.rejected.inc();
  try {
    const { subject, data: raw } = message;
    await reject(context.jetstream, REJECTED_WHERE, { subject, raw }, issues, AbortSignal.timeout(5000));
  } catch (error) {
    context.log.error({ err: error }, 'could not keep a rejected request');
  }
  return { ok: false, issues };
}
