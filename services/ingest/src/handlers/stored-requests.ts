import { CALLER_HEADER, STORED_REQUESTS_DURABLE } from '@benchwire/shared/contracts/request.ts';
import { REQUESTS } from '@benchwire/shared/contracts/streams.ts';
import { readRequest, type WrittenText } from '@benchwire/shared/request-text/read-request-text.ts';
import { consume, type HandlerResult, OK, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { type AdmissionContext, admit } from '../admission.ts';
import { REJECTED_WHERE, traceOf } from '../decide/submitted-message.ts';

export interface StoredRequestsContext extends AdmissionContext {
  jetstream: JetStreamClient;
  manager: JetStreamManager;
}

/** A request, and what came in its headers. */
interface Stored {
  written: WrittenText;
  trace: Record<string, string> | undefined;
  caller: string | undefined;
}

const MAX_BATCH = 64;
const TRY_AGAIN_MS = 2000;

/**
 * Reads requests that were published and not asked: NATS keeps them while no ingest is up. A message is acked when RUNS has the
 * run, or REJECTED the refusal; its place in the stream stands for a request_id that it does not bring, so it becomes one run.
 */
export function consumeStoredRequests(context: StoredRequestsContext): Promise<Running> {
  const { manager, jetstream, log } = context;
  return consume<Stored>(manager, jetstream, log, {
    stream: REQUESTS.name,
    durable: STORED_REQUESTS_DURABLE,
    where: REJECTED_WHERE,
    parse,
    handle: (batch) => Promise.all(batch.map((received) => admitOne(context, received))),
    max_batch: MAX_BATCH,
    max_wait_ms: 50,
    counters: { handled: (kind, count) => (kind === 'dead_letter' ? context.metrics.rejected.inc(count) : undefined) },
  });
}

function parse(message: JsMsg): Parsed<Stored> {
  const header = (name: string): string | undefined => message.headers?.get(name) || undefined;
  const read = readRequest(message.data);
  if (!read.ok) return read;
  return { ok: true, value: { written: read.value, trace: traceOf(header), caller: header(CALLER_HEADER) } };
}

async function admitOne(context: StoredRequestsContext, received: Received<Stored>): Promise<HandlerResult> {
  try {
    const admission = await admit(context, { ...received.value, default_request_id: placeOf(received) });
    return admission.ok ? OK : { kind: 'dead_letter', issues: admission.issues };
  } catch (error) {
    context.log.warn({ err: error }, 'could not store the run of a published request, trying again');
    return { kind: 'retry', after_ms: TRY_AGAIN_MS, reason: 'not stored' };
  }
}

/** With the time, since a stream that was made anew counts from 1 again. */
function placeOf({ sequence, stored_at }: Received<Stored>): string {
  return `stream:${REQUESTS.name}:${sequence}:${stored_at.toISOString()}`;
}
