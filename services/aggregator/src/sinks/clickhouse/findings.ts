import { finding } from '@benchwire/shared/contracts/finding.ts';
import { FINDINGS } from '@benchwire/shared/contracts/streams.ts';
import { consume, type Running } from '@benchwire/shared/runtime/consume.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { findingRow } from '../../decide/finding-row.ts';
import { streamOrder } from '../../decide/versions.ts';
import { findings } from '../../tables/findings.ts';
import { insertRows } from '../../tables/table.ts';
import { ACK_WAIT_MS } from '../write-batch.ts';
import type { ClickHouseContext } from './context.ts';
import { writeMessages } from './write.ts';

/** FINDINGS -> findings. */
export function consumeFindings({
  database,
  manager,
  jetstream,
  log,
  signal,
  counters,
}: ClickHouseContext): Promise<Running> {
  return consume(manager, jetstream, log, {
    stream: FINDINGS.name,
    durable: 'aggregator',
    where: 'finding',
    parse: (message) => parseJson(finding, message.data),
    handle: (batch) =>
      writeMessages(
        batch.map((received) => findingRow(received.value, streamOrder(received))),
        (rows) => insertRows(database, findings, rows),
        { log, signal },
      ),
    max_batch: 500,
    max_wait_ms: 25,
    ack_wait_ms: ACK_WAIT_MS,
    counters: counters(FINDINGS.name),
  });
}
