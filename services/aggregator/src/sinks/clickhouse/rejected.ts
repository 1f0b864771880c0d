import { REJECTED } from '@benchwire/shared/contracts/streams.ts';
import { consume, type HandlerResult, type Running } from '@benchwire/shared/runtime/consume.ts';
import { rejectedRow } from '../../decide/rejected-row.ts';
import { rejected } from '../../tables/rejected.ts';
import { insertRows } from '../../tables/table.ts';
import { ACK_WAIT_MS } from '../write-batch.ts';
import type { ClickHouseContext } from './context.ts';
import { writeMessages } from './write.ts';

/** REJECTED -> rejected. Never rejects anything itself: that would come back here for ever. */
export function consumeRejected({
  database,
  manager,
  jetstream,
  log,
  signal,
  counters,
}: ClickHouseContext): Promise<Running> {
  return consume(manager, jetstream, log, {
    stream: REJECTED.name,
    durable: 'aggregator',
    where: 'rejected',
    parse: (message) => ({
      ok: true,
      value: (name: string): string | undefined =>
        message.headers?.has(name) === true ? message.headers.get(name) : undefined,
    }),
    handle: async (batch) => {
      const rows = batch.map((received) => rejectedRow({ ...received, header: received.value }));
      const outcome = await writeMessages(rows, (some) => insertRows(database, rejected, some), { log, signal });
      return outcome.map(dropInstead);
    },
    max_batch: 100,
    max_wait_ms: 25,
    ack_wait_ms: ACK_WAIT_MS,
    counters: counters(REJECTED.name),
  });
}

function dropInstead(result: HandlerResult): HandlerResult {
  if (result.kind !== 'dead_letter') return result;
  return { kind: 'drop', reason: result.issues[0]?.message ?? 'refused by ClickHouse' };
}
