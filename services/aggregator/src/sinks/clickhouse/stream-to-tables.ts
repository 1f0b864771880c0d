import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { StreamDefinition } from '@benchwire/shared/contracts/streams.ts';
import { type ConsumeCounters, consume, type HandlerResult, type Running } from '@benchwire/shared/runtime/consume.ts';
import type { Parsed } from '@benchwire/shared/runtime/issues.ts';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { Database } from '../../adapters/database.ts';
import type { SinkContext } from '../sink.ts';
import { ACK_WAIT_MS } from '../write-batch.ts';
import type { Deletions } from './deletions.ts';
import { writeMessages } from './write.ts';

/** What the consumers that write ClickHouse are built from. */
export interface ClickHouseContext {
  database: Database;
  counters: (stream: string) => ConsumeCounters;
  deletions: Deletions;
}

/** What all its consumers use. */
export interface ClickHouseSinkOptions extends Omit<ClickHouseContext, 'deletions'> {
  /** Gets the series of points that are stored. */
  measured: (series_ids: Iterable<string>) => void;
}

/** How the messages of one stream become rows. */
export interface StreamToTables<Entry> {
  stream: StreamDefinition;
  /** Which part of REJECTED takes what cannot be read. */
  rejects_to: string;
  /** What ClickHouse refuses goes there, too, unless it would come back here for ever. */
  refused?: 'dropped';
  /** What a message says, as rows. Only this is kept of it until its batch is written. */
  read(message: JsMsg): Parsed<Entry>;
  /** What speaks against entries that can be read, in their order. */
  check?(batch: readonly Entry[], manager: JetStreamManager): Promise<Issue[][]>;
  /** Can be repeated at will, since every table is keyed. */
  write(database: Database, entries: readonly Entry[], deletions: Deletions): Promise<void>;
  /** The run whose rows an entry writes: of a deleted run nothing is written. Undefined where it is of none, or written all the same. */
  runOf?(entry: Entry): string | undefined;
  max_batch: number;
  /** How long a batch may grow; 25 by default. */
  max_wait_ms?: number;
  ack_wait_ms?: number;
}

/** The name of the consumers on the server. */
export const CLICKHOUSE_DURABLE = 'aggregator';

/** Writes a stream to its tables: acked when ClickHouse has it. */
export function writeStream<Entry>(
  { manager, jetstream, log, signal, database, counters, deletions }: SinkContext & ClickHouseContext,
  source: StreamToTables<Entry>,
): Promise<Running> {
  const { stream, check, max_batch, max_wait_ms = 25, ack_wait_ms = ACK_WAIT_MS } = source;
  return consume<Entry>(manager, jetstream, log, {
    stream: stream.name,
    durable: CLICKHOUSE_DURABLE,
    where: source.rejects_to,
    parse: (message) => source.read(message),
    ...(check === undefined
      ? {}
      : {
          check: (batch) =>
            check(
              batch.map(({ value }) => value),
              manager,
            ),
        }),
    handle: async (batch) => {
      const entries = batch.map(({ value }) => value);
      const results = await writeMessages(entries, (some) => writeLiving(database, deletions, source, some), {
        log,
        signal,
      });
      return source.refused === 'dropped' ? results.map(dropInstead) : results;
    },
    max_batch,
    max_wait_ms,
    ack_wait_ms,
    counters: counters(stream.name),
  });
}

/** Writes entries, but those of deleted runs; what was written while its run was deleted is removed again. */
async function writeLiving<Entry>(
  database: Database,
  deletions: Deletions,
  source: StreamToTables<Entry>,
  entries: readonly Entry[],
): Promise<void> {
  const { runOf } = source;
  if (runOf === undefined) return await source.write(database, entries, deletions);
  await deletions.load();
  const living = entries.filter((entry) => !deletions.has(runOf(entry)));
  if (living.length === 0) return;
  await source.write(database, living, deletions);
  await deletions.afterWrite(living.map(runOf));
}

function dropInstead(result: HandlerResult): HandlerResult {
  if (result.kind !== 'dead_letter') return result;
  return { kind: 'drop', reason: result.issues[0]?.message ?? 'refused by ClickHouse' };
}
