import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import {
  CANCEL_SUBJECT,
  type CancelReply,
  type CancelRequest,
  cancelRequest,
} from '@benchwire/shared/contracts/request.ts';
import type { RunMessage } from '@benchwire/shared/contracts/run.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { type Answering, respond } from '@benchwire/shared/runtime/respond.ts';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { RunStore } from '../adapters/run-store.ts';
import type { IngestMetrics } from '../metrics.ts';

export interface CancelContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  runs: RunStore;
  metrics: IngestMetrics;
}

/** The scheduler may write about the run at the same moment; then it is looked at again. */
const MAX_TRIES = 10;

/** Answers cancellations: stored in RUNS, so that they survive every crash; the scheduler acts on them. */
export function answerCancellations(context: CancelContext): Answering {
  return respond<CancelRequest, CancelReply>(context.nats, context.jetstream, context.log, {
    subject: CANCEL_SUBJECT,
    queue: 'ingest',
    schema: cancelRequest,
    max_concurrent: 64,
    refuse: (issues) => ({ ok: false, issues }),
    handle: (question) => cancel(context, question),
  });
}

async function cancel(context: CancelContext, { run_id, task_id, reason }: CancelRequest): Promise<CancelReply> {
  const common = { v: MESSAGE_VERSION as typeof MESSAGE_VERSION, run_id, at: new Date().toISOString(), reason };
  const message: RunMessage =
    task_id === undefined ? { ...common, kind: 'cancelled' } : { ...common, kind: 'task_cancelled', task_id };
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const open = await context.runs.open(run_id);
    if (open === undefined) return notOpen(context, run_id);
    if (open.kind === 'cancelled') return { ok: true, run_id };
    // Only behind what was just seen: a run that ended in between must not leave a lone cancellation behind.
    if ((await context.runs.store(message, JSON.stringify(message), open.sequence)) === 'moved') continue;
    context.metrics.cancelled.inc();
    return { ok: true, run_id };
  }
  return refusal('busy', `run ${run_id} is changing too fast to be cancelled: try again`);
}

async function notOpen(context: CancelContext, run_id: string): Promise<CancelReply> {
  return (await context.runs.lastEvent(run_id)) === undefined
    ? refusal('unknown_run', `there is no run ${run_id}: \`bw runs\` lists them`)
    : refusal('run_finished', `run ${run_id} has finished: there is nothing left to cancel`);
}

function refusal(code: string, message: string): CancelReply {
  return { ok: false, issues: [{ path: 'run_id', code, message }] };
}
