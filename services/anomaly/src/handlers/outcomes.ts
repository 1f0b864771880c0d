import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { OUTCOMES } from '@benchwire/shared/contracts/streams.ts';
import { AskedTasks } from '@benchwire/shared/runtime/asked-tasks.ts';
import { consume, OK, type Received, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { publishEvent } from '@benchwire/shared/runtime/publish-event.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { FindingLog } from '../adapters/finding-log.ts';
import { Folded } from '../decide/folded.ts';
import { type ReadOutcome, readOutcome } from '../decide/read-outcome.ts';
import type { SeriesBook } from '../decide/series-book.ts';
import type { AnomalyMetrics } from '../metrics.ts';
import type { Progress } from '../progress.ts';

export interface OutcomesContext {
  log: Log;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  durable: string;
  book: SeriesBook;
  log_of_findings: FindingLog;
  progress: Progress;
  metrics: AnomalyMetrics;
  /** Called once they are stored. */
  stored(findings: readonly Finding[]): void;
}

const MAX_BATCH = 500;

/**
 * Judges outcomes in the order in which they come, each once, and stores what it finds before it acknowledges them. What was
 * folded and comes again is only acknowledged.
 */
export async function judgeOutcomes(context: OutcomesContext, signal: AbortSignal): Promise<Running> {
  const { book, log_of_findings, progress, metrics } = context;
  const asked = new AskedTasks(context.manager);
  const folded = new Folded(progress.sequence);
  let unstored: Finding[] = [];
  const handle = async (batch: ReadonlyArray<Received<ReadOutcome>>): Promise<typeof OK> => {
    for (const { sequence, value } of batch) {
      if (folded.has(sequence)) continue;
      const changed = book.fold(value, new Date());
      log_of_findings.add(changed);
      metrics.findings(changed);
      unstored.push(...changed);
      folded.add(sequence);
    }
    await log_of_findings.flush(signal);
    for (const event of book.takeEvents()) await publishEvent(context.jetstream, event, signal);
    context.stored(unstored);
    unstored = [];
    metrics.outcomes(batch.length);
    progress.advance(folded.last);
    return OK;
  };
  return await consume(context.manager, context.jetstream, context.log, {
    stream: OUTCOMES.name,
    durable: context.durable,
    where: 'outcome',
    parse: (message) => readOutcome(message.data, message.subject, message.time),
    // Without results there is nothing to judge, whatever it claims.
    check: async (batch) => {
      const measured = batch.flatMap(({ value }) => (value.kind === 'measured' ? [value.outcome] : []));
      const issues = (await asked.issuesOf(measured)).values();
      return batch.map(({ value }) => (value.kind === 'measured' ? (issues.next().value ?? []) : []));
    },
    handle,
    max_batch: MAX_BATCH,
    // What is there is judged at once: a CLI waits for "no regression found".
    max_wait_ms: 100,
  });
}
