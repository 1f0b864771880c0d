import type { Running } from '@benchwire/shared/runtime/consume.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { FindingLog } from './adapters/finding-log.ts';
import { startInBackground } from './background.ts';
import { type BookOptions, SeriesBook } from './decide/series-book.ts';
import { answerActs } from './handlers/act.ts';
import { forgetDeletedRuns } from './handlers/deleted-runs.ts';
import { judgeOutcomes } from './handlers/outcomes.ts';
import { answerSettledOfShard } from './handlers/settled.ts';
import type { AnomalyMetrics } from './metrics.ts';
import { Progress } from './progress.ts';
import { recover } from './recover.ts';
import { startReruns } from './reruns.ts';
import { durableOf, type Slot } from './slots.ts';

export interface ShardContext {
  log: Log;
  nats: NatsConnection;
  jetstream: JetStreamClient;
  manager: JetStreamManager;
  slot: Slot;
  book: BookOptions;
  metrics: AnomalyMetrics;
  settle_ms: number;
}

/** The part of the series that one slot stands for: their memory, and everything that reads and answers for them. */
export interface Shard extends Running {
  readonly book: SeriesBook;
  readonly progress: Progress;
}

/** Starts to judge the series of a slot, from where its durable consumer is. Only the slot's holder may. */
export function startShard(context: ShardContext): Shard {
  const { log, slot } = context;
  const book = new SeriesBook(context.book);
  const log_of_findings = new FindingLog({ nats: context.nats, client: context.jetstream, manager: context.manager });
  const progress = new Progress();
  const reruns = startReruns({
    ...context,
    giveUp: async (request_id, why) => {
      log_of_findings.add(book.giveUpAsking(request_id, why, new Date()));
      await log_of_findings.flush();
    },
  });
  const inner = {
    ...context,
    book,
    log_of_findings,
    progress,
    durable: durableOf(slot),
    window: Math.min(1000, context.book.levels.window),
    stored: (findings: Parameters<typeof reruns.ask>[0][]) => {
      for (const finding of findings) reruns.ask(finding);
    },
  };
  const judging = startInBackground(log, async (signal) => {
    progress.advance(await recover(inner, signal));
    const readers = await Promise.all([judgeOutcomes(inner, signal), forgetDeletedRuns(inner)]);
    return { stop: async () => void (await Promise.all(readers.map((reader) => reader.stop()))) };
  });
  const settled = answerSettledOfShard({ ...inner, findings: book.findings, deadline_ms: context.settle_ms });
  const acts = answerActs(inner);
  return {
    book,
    progress,
    stop: async () => {
      await Promise.all([settled.stop(), acts.stop(), reruns.stop()]);
      await judging.stop();
    },
  };
}
