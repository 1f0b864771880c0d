import { query } from '@benchwire/shared/client/query.ts';
import { eventName, eventSubject, readEvent } from '@benchwire/shared/contracts/event.ts';
import { EVENTS } from '@benchwire/shared/contracts/streams.ts';
import { consume, type HandlerResult, OK, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FindingLog } from '../adapters/finding-log.ts';
import type { SeriesBook } from '../decide/series-book.ts';
import { deletionsDurableOf, type Slot } from '../slots.ts';

export interface DeletedRunsContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  slot: Slot;
  book: SeriesBook;
  log_of_findings: FindingLog;
}

const MAX_BATCH = 200;
/** Deletions are few among the events of runs; those are large. */
const MARK = Buffer.from('deleted');
const ANSWERED_WITHIN_MS = 10_000;
/** What the streams still hold of a run is not older than this: OUTCOMES keeps 7 days. */
const TOMBSTONE_MS = 8 * 24 * 3_600_000;

/**
 * Takes deleted runs out of the series of a slot. A deletion is acked once the aggregator has it, too: a service that loads the history later
 * finds neither the points nor, in the stream, outcomes that it does not know as deleted.
 */
export function forgetDeletedRuns(context: DeletedRunsContext): Promise<Running> {
  return consume<string | undefined>(context.manager, context.jetstream, context.log, {
    stream: EVENTS.name,
    filter: eventSubject({ entity: 'run', run_id: null }).replace(/-$/, '*'),
    durable: deletionsDurableOf(context.slot),
    where: 'event',
    // What can't be read is put into REJECTED by the aggregator, and says nothing here.
    parse: (message) => ({ ok: true, value: deletedRun(message) }),
    handle: (batch) => forget(context, batch),
    max_batch: MAX_BATCH,
    max_wait_ms: 100,
  });
}

function deletedRun({ data, subject }: JsMsg): string | undefined {
  if (!Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes(MARK)) return undefined;
  const event = readEvent(data, subject);
  return event.ok && eventName(event.value) === 'run.deleted' ? (event.value.run_id ?? undefined) : undefined;
}

async function forget(
  { nats, book, log_of_findings }: DeletedRunsContext,
  batch: ReadonlyArray<Received<string | undefined>>,
): Promise<HandlerResult | HandlerResult[]> {
  const run_ids = [...new Set(batch.flatMap(({ value }) => value ?? []))];
  if (run_ids.length === 0) return OK;
  log_of_findings.add(book.forgetRuns(run_ids, new Date()));
  await log_of_findings.flush();
  const stored = await deletedOf(nats, { run_ids, limit: run_ids.length });
  return batch.map(({ value }) =>
    value === undefined || stored?.has(value.toLowerCase()) === true
      ? OK
      : { kind: 'retry', after_ms: 1000, reason: 'the aggregator has not stored the deletion yet' },
  );
}

/** Runs that were deleted as long ago as the stream of outcomes goes back: for a service that starts. */
export async function loadDeletedRuns(nats: NatsConnection, log: Log, now: Date): Promise<readonly string[]> {
  const since = new Date(now.getTime() - TOMBSTONE_MS).toISOString();
  const run_ids = await deletedOf(nats, { since });
  if (run_ids === undefined) log.warn('the aggregator does not say which runs were deleted');
  return [...(run_ids ?? [])];
}

async function deletedOf(
  nats: NatsConnection,
  parameters: Parameters<typeof query<'deleted_runs'>>[2],
): Promise<ReadonlySet<string> | undefined> {
  try {
    // One that has died with the question answers nothing.
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    return new Set((await query(nats, 'deleted_runs', parameters, signal)).rows.map(({ run_id }) => run_id));
  } catch {
    // An aggregator of before 0.6, or none.
    return undefined;
  }
}
