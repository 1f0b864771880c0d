import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { type Issue, SUBMIT_SUBJECT, type SubmitReply } from '@benchwire/shared/contracts/request.ts';
import type { Running } from '@benchwire/shared/runtime/consume.ts';
import { contentHashIssues } from '@benchwire/shared/runtime/content-hash.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { reject } from '@benchwire/shared/runtime/reject.ts';
import { respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import type { RequestLedger, Reservation } from '../adapters/request-ledger.ts';
import type { RunStore } from '../adapters/run-store.ts';
import { readSubmission, requestHash, type Submission } from '../decide/read-submission.ts';
import { encodeSubmitted, sizeIssue, traceOf } from '../decide/submitted-message.ts';
import type { IngestMetrics } from '../metrics.ts';

export interface SubmitParts {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  runs: RunStore;
  ledger: RequestLedger;
  metrics: IngestMetrics;
}

/** Where unreadable requests stand in REJECTED. */
const REJECTED_WHERE = 'request';

/** Answers submitted requests: with the run id once RUNS has the run, or with everything that is wrong. */
export function answerSubmissions(parts: SubmitParts): Running {
  return respond<unknown, SubmitReply>(parts.nats, parts.jetstream, parts.log, {
    subject: SUBMIT_SUBJECT,
    queue: 'ingest',
    schema: z.unknown(),
    rejected_where: REJECTED_WHERE,
    max_concurrent: 256,
    refuse: (issues) => {
      parts.metrics.rejected.inc();
      return { ok: false, issues };
    },
    handle: (value, message) => submit(parts, value, message),
  });
}

async function submit(parts: SubmitParts, value: unknown, message: Msg): Promise<SubmitReply> {
  const done = parts.metrics.submit_seconds.startTimer();
  const changed = contentHashIssues(message.data, message.headers);
  if (changed.length > 0) return refuse(parts, message, changed);
  const read = readSubmission(value);
  if (!read.ok) return refuse(parts, message, read.issues);
  const { submission } = read;
  const run_id = newRunId();
  const trace = traceOf(message.headers);
  const payload = encodeSubmitted(run_id, submission.written, new Date(), trace);
  const tooLarge = sizeIssue(payload.length, parts.runs.max_payload);
  if (tooLarge !== undefined) return refuse(parts, message, [tooLarge]);
  try {
    const reply =
      submission.request.request_id === undefined
        ? await accept(parts, run_id, payload, submission)
        : await acceptOnce(parts, submission.request.request_id, run_id, payload, submission, trace);
    if (!reply.ok) return refuse(parts, message, reply.issues);
    (reply.duplicate ? parts.metrics.duplicates : parts.metrics.accepted).inc();
    if (!reply.duplicate) parts.metrics.tasks.inc(reply.task_count);
    done();
    return reply;
  } catch (error) {
    if (!(error instanceof BenchwireError) || error.code !== 'PUBLISH_ABORTED') throw error;
    parts.log.error({ err: error }, 'could not store a run');
    parts.metrics.rejected.inc();
    const hint = 'NATS does not store it now: try again, with a request_id, so that it cannot become two runs';
    return { ok: false, issues: [{ path: '(message)', code: 'not_stored', message: hint }] };
  }
}

async function accept(
  parts: SubmitParts,
  run_id: string,
  payload: Uint8Array,
  { task_count }: Submission,
): Promise<SubmitReply> {
  await parts.runs.store({ run_id, kind: 'submitted' }, payload);
  return { ok: true, run_id, task_count, duplicate: false };
}

/** One run for a request_id, whatever happened to earlier tries: see the cases. */
async function acceptOnce(
  parts: SubmitParts,
  request_id: string,
  run_id: string,
  payload: Uint8Array,
  submission: Submission,
  trace: Record<string, string> | undefined,
): Promise<SubmitReply> {
  const { runs, ledger } = parts;
  const { task_count } = submission;
  const hash = requestHash(submission.request);
  const reservation = await ledger.reserve(request_id, run_id, hash);
  const { entry } = reservation;
  if (entry.request_hash !== hash) return { ok: false, issues: [reused(entry.run_id)] };
  if (entry.state === 'accepted') return { ok: true, run_id: entry.run_id, task_count, duplicate: true };
  if (reservation.created) {
    const stored = await runs.store({ run_id, kind: 'submitted' }, payload, 0);
    await note(parts, request_id, reservation);
    return { ok: true, run_id, task_count, duplicate: stored !== 'stored' };
  }
  // Reserved, and not noted as accepted: somebody does it right now, or has crashed on the way. The run is open, or
  // over, or was never stored; only then it is stored now, and the stream lets only one of us do so.
  const known = (await runs.open(entry.run_id)) !== undefined || (await runs.lastEvent(entry.run_id)) !== undefined;
  const again = encodeSubmitted(entry.run_id, submission.written, new Date(), trace);
  const stored = known ? 'duplicate' : await runs.store({ run_id: entry.run_id, kind: 'submitted' }, again, 0);
  await note(parts, request_id, reservation);
  return { ok: true, run_id: entry.run_id, task_count, duplicate: stored !== 'stored' };
}

/** The run is in RUNS by now: an entry that stays pending is put right by whoever submits it next. */
async function note(parts: SubmitParts, request_id: string, reservation: Reservation): Promise<void> {
  try {
    await parts.ledger.accepted(request_id, reservation);
  } catch (error) {
    parts.log.warn({ err: error, run_id: reservation.entry.run_id }, 'could not note a request as accepted');
  }
}

function reused(run_id: string): Issue {
  return {
    path: 'request_id',
    code: 'request_id_reused',
    message: `within the last 24 hours this request_id stood for another request (run ${run_id}): use a new one, or submit exactly that request`,
  };
}

async function refuse(parts: SubmitParts, message: Msg, issues: Issue[]): Promise<SubmitReply> {
  parts.metrics.rejected.inc();
  try {
    const { subject, data: raw } = message;
    await reject(parts.jetstream, REJECTED_WHERE, { subject, raw }, issues, AbortSignal.timeout(5000));
  } catch (error) {
    parts.log.error({ err: error }, 'could not keep a rejected request');
  }
  return { ok: false, issues };
}
