import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { consume, OK, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { FindingLog } from '../adapters/finding-log.ts';
import { type ReadOutcome, readOutcome } from '../decide/read-outcome.ts';
import type { SeriesBook } from '../decide/series-book.ts';
import type { AnomalyMetrics } from '../metrics.ts';
import type { Progress } from '../progress.ts';
import { DURABLE } from '../recover.ts';

export interface OutcomesParts {
  log: Log;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  book: SeriesBook;
  findings: FindingLog;
  progress: Progress;
  metrics: AnomalyMetrics;
}

const MAX_BATCH = 500;

/**
 * Judges outcomes in the order of the stream and stores what it finds before it acknowledges them. New messages come
 * in order; those at or below what was folded come again, and are only acknowledged.
 */
export async function judgeOutcomes(parts: OutcomesParts, signal: AbortSignal): Promise<Running> {
  const { book, findings, progress, metrics } = parts;
  let folded = progress.sequence;
  const handle = async (batch: ReadonlyArray<Received<ReadOutcome>>): Promise<typeof OK> => {
    for (const { sequence, value } of batch) {
      if (sequence <= folded) continue;
      metrics.findings(findings.add(book.fold(value, new Date())));
      folded = sequence;
    }
    await findings.flush(signal);
    metrics.outcomes(batch.length);
    progress.advance(folded);
    return OK;
  };
  return await consume(parts.manager, parts.jetstream, parts.log, {
    stream: OUTCOMES.name,
    durable: DURABLE,
    where: 'outcome',
    parse: (message) => readOutcome(message.data),
    handle,
    max_batch: MAX_BATCH,
    // What is there is judged at once: a CLI waits for "no regression found".
    max_wait_ms: 100,
  });
}
