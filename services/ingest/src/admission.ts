import {
  type Arrived,
  type CheckedSubmission,
  checkSubmission,
  type Submittable,
} from '@benchwire/shared/contracts/check-submission.ts';
import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { RequestFiles } from './adapters/request-files.ts';
import type { OwnedRequestId, RequestLedger, Reservation } from './adapters/request-ledger.ts';
import type { RunStore } from './adapters/run-store.ts';
import { importedContent } from './decide/imported-content.ts';
import { requestHash } from './decide/request-hash.ts';
import { encodeSubmitted, sizeIssue } from './decide/submitted-message.ts';
import type { IngestMetrics } from './metrics.ts';

export interface AdmissionContext {
  log: Log;
  runs: RunStore;
  ledger: RequestLedger;
  /** Of imported results, by their content. */
  imports: RequestLedger;
  files: RequestFiles;
  metrics: IngestMetrics;
}

/** What came in through a door. */
export interface Arrival {
  written: Arrived;
  trace: Record<string, string> | undefined;
  /** Who sent it, where the door knows: a request_id is one of theirs. */
  caller?: string | undefined;
  /** Stands in for a request_id that the request does not bring. */
  default_request_id?: string;
  /** Begins the storing when it is this arrival's turn; without it at once. */
  in_turn?: <T>(store: () => Promise<T>) => Promise<T>;
}

export type Admission =
  | { ok: true; run_id: string; task_count: number; duplicate: boolean }
  | { ok: false; issues: Issue[] };

/**
 * What every door does with a request: check it, and store it in RUNS, once for each request_id. The run is accepted
 * when it resolves with `ok`. Refusals are for the door to keep.
 * @throws when NATS does not store it now; trying again is harmless with a request_id
 */
export async function admit(context: AdmissionContext, arrival: Arrival): Promise<Admission> {
  const done = context.metrics.submit_seconds.startTimer();
  const submission = checkSafely(arrival);
  if (!submission.ok) return submission;
  const missing = await context.files.missing(submission.request);
  if (missing.length > 0) return { ok: false, issues: missing };
  const run_id = newRunId();
  const payload = encodeSubmitted(run_id, submission.written, new Date(), arrival.trace);
  const tooLarge = sizeIssue(payload.length, context.runs.max_payload);
  if (tooLarge !== undefined) return { ok: false, issues: [tooLarge] };
  const key = keyOf(context, submission, arrival);
  const admission =
    key === undefined
      ? await accept(context, run_id, payload, submission)
      : await acceptOnce(context, key, run_id, payload, submission, arrival);
  if (!admission.ok) return admission;
  (admission.duplicate ? context.metrics.duplicates : context.metrics.accepted).inc();
  if (!admission.duplicate) context.metrics.tasks.inc(admission.task_count);
  done();
  return admission;
}

/** A request that breaks the reading must not come back for ever. */
function checkSafely({ written, default_request_id }: Arrival): CheckedSubmission {
  try {
    return checkSubmission(written, default_request_id);
  } catch (error) {
    return { ok: false, issues: [{ path: '(message)', code: 'unreadable', message: messageOf(error) }] };
  }
}

/** What makes a submission one with an earlier one, and where that is written down. */
interface SubmissionKey {
  ledger: RequestLedger;
  owned: OwnedRequestId;
  hash: string;
}

/** Imported results are known by what they are, no matter who sends them under whichever request_id; anything else by its request_id. */
function keyOf(
  { ledger, imports }: AdmissionContext,
  { request, tasks }: Submittable,
  { caller }: Arrival,
): SubmissionKey | undefined {
  const content = importedContent(request, tasks);
  if (content !== undefined)
    return { ledger: imports, owned: { caller: undefined, request_id: content }, hash: content };
  const { request_id } = request;
  return request_id === undefined ? undefined : { ledger, owned: { caller, request_id }, hash: requestHash(request) };
}

async function accept(
  context: AdmissionContext,
  run_id: string,
  payload: Uint8Array,
  { tasks }: Submittable,
): Promise<Admission> {
  await context.runs.store({ run_id, kind: 'submitted' }, payload);
  return { ok: true, run_id, task_count: tasks.length, duplicate: false };
}

/** One run for a key, whatever happened to earlier tries: see the cases. */
async function acceptOnce(
  context: AdmissionContext,
  key: SubmissionKey,
  run_id: string,
  payload: Uint8Array,
  submission: Submittable,
  { trace, in_turn = (store) => store() }: Arrival,
): Promise<Admission> {
  const { runs } = context;
  const { ledger, owned, hash } = key;
  const task_count = submission.tasks.length;
  const reservation = await ledger.reserve(owned, run_id, hash);
  const { entry } = reservation;
  if (entry.request_hash !== hash) return { ok: false, issues: [reused(entry.run_id)] };
  if (entry.state === 'accepted') return { ok: true, run_id: entry.run_id, task_count, duplicate: true };
  if (reservation.created) {
    const stored = await in_turn(() => runs.store({ run_id, kind: 'submitted' }, payload, 0));
    await note(context, key, reservation);
    return { ok: true, run_id, task_count, duplicate: stored !== 'stored' };
  }
  // Reserved, and not noted as accepted: somebody does it right now, or has crashed on the way. The run is open, or
  // over, or was never stored; only then it is stored now, and the stream lets only one of us do so.
  const known = (await runs.open(entry.run_id)) !== undefined || (await runs.lastEvent(entry.run_id)) !== undefined;
  const again = encodeSubmitted(entry.run_id, submission.written, new Date(), trace);
  const stored = known
    ? 'duplicate'
    : await in_turn(() => runs.store({ run_id: entry.run_id, kind: 'submitted' }, again, 0));
  await note(context, key, reservation);
  return { ok: true, run_id: entry.run_id, task_count, duplicate: stored !== 'stored' };
}

/** The run is in RUNS by now: an entry that stays pending is put right by its next submission. */
async function note(
  context: AdmissionContext,
  { ledger, owned }: SubmissionKey,
  reservation: Reservation,
): Promise<void> {
  try {
    await ledger.accepted(owned, reservation);
  } catch (error) {
    context.log.warn({ err: error, run_id: reservation.entry.run_id }, 'could not note a request as accepted');
  }
}

function reused(run_id: string): Issue {
  return {
    path: 'request_id',
    code: 'request_id_reused',
    message: `within the last 24 hours this request_id stood for another request (run ${run_id}): use a new one, or submit exactly that request`,
  };
}
