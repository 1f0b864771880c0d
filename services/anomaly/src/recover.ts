import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { AskedTasks } from '@benchwire/shared/runtime/asked-tasks.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import { scanStream } from '@benchwire/shared/runtime/read-to-end.ts';
import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FindingLog } from './adapters/finding-log.ts';
import { loadHistory } from './adapters/history.ts';
import { loadTestStates } from './adapters/test-states.ts';
import { type ReadOutcome, readOutcome } from './decide/read-outcome.ts';
import type { PastPoint, SeriesBook } from './decide/series-book.ts';
import { loadDeletedRuns } from './handlers/deleted-runs.ts';

export interface RecoverContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  durable: string;
  book: SeriesBook;
  log_of_findings: FindingLog;
  /** Points of a series that are read back. */
  window: number;
  /** Called once findings are stored. */
  stored(findings: readonly Finding[]): void;
}

/** Judged outcomes that are read again, since the aggregator may not have stored them when it is asked. */
const READ_BACK = 5000;

/**
 * Brings the series back as they were: findings, history, then the stream in its order.
 *
 * The history comes without the stream's order, and may hold points that nobody has judged yet as well as miss ones
 * that are judged. So whatever the stream still holds around that border comes from the stream only: its attempts are
 * taken out of the history, then the stream is folded again, without judging up to what was acknowledged, and with findings
 * from there on. What is found again is known from FINDINGS.
 *
 * @returns the sequence up to which everything is judged
 */
export async function recover(context: RecoverContext, signal: AbortSignal): Promise<number> {
  const { log, nats, jetstream, manager, book, log_of_findings } = context;
  for await (const finding of log_of_findings.stored()) book.know(finding);
  const judged = await acknowledged(manager, context.durable);
  const history = await loadHistory(context.nats, log, context.window, signal);
  // After the history: a run that is deleted between the two is in the first and known by the second.
  log_of_findings.add(book.forgetRuns(await loadDeletedRuns(context.nats, log, new Date()), new Date()));
  await log_of_findings.flush(signal);
  const last = (await manager.streams.info(OUTCOMES.name)).state.last_seq;
  const from = Math.max(1, judged + 1 - READ_BACK);

  const around = { stream: OUTCOMES.name, from, to: last, signal };
  const inStream = new Set<string>();
  let first_at: Date | undefined;
  for await (const message of scanStream({ nats, client: jetstream, manager }, around)) {
    first_at ??= message.time;
    const read = readOutcome(message.data, message.subject, message.time);
    if (read.ok && read.value.kind === 'measured') inStream.add(read.value.attempt_id);
  }
  rememberHistory(book, history, inStream);
  await loadTestStates(
    ...([context.nats, log, first_at] as const),
    (row) => book.rememberTest(row.case_id, row.pool, row.failed),
    signal,
  );
  const asked = new AskedTasks(manager);
  const isOfAnotherTask = async (read: ReadOutcome): Promise<boolean> =>
    read.kind === 'measured' && (await asked.issuesOf([read.outcome])).some((issues) => issues.length > 0);
  for await (const message of scanStream({ nats, client: jetstream, manager }, around)) {
    const read = readOutcome(message.data, message.subject, message.time);
    if (!read.ok || (await isOfAnotherTask(read.value))) continue;
    if (message.seq <= judged) {
      book.rememberOutcome(read.value);
      continue;
    }
    const changed = book.fold(read.value, new Date());
    log_of_findings.add(changed);
    await log_of_findings.flush(signal);
    for (const event of book.takeEvents()) await publishEvent(jetstream, event, signal);
  }
  // Also what was asked for right before a crash.
  context.stored([...book.findings.all()].filter((finding) => finding.state === 'suspected'));
  log.info({ series: book.size, judged, last }, 'the history is here');
  return last;
}

function rememberHistory(book: SeriesBook, history: Map<string, PastPoint[]>, inStream: ReadonlySet<string>): void {
  for (const [series_id, points] of history) {
    for (const point of points) if (!inStream.has(point.ref.attempt_id)) book.remember(series_id, point);
  }
}

/** Everything up to this sequence was judged, its findings stored. */
async function acknowledged(manager: JetStreamManager, durable: string): Promise<number> {
  try {
    return (await manager.consumers.info(OUTCOMES.name, durable)).ack_floor.stream_seq;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return 0;
    throw error;
  }
}
