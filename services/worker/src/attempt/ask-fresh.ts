import {
  QUERIES,
  type QueryParameters,
  type QueryRow,
  queryReply,
  querySubject,
} from '@benchwire/shared/contracts/query.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { z } from 'zod';

/** Measuring is always right, if not always needed: nobody waits long to be spared it. */
const PATIENCE_MS = 3000;

/**
 * Asks the aggregator which series have a point of that model file.
 * @throws when it does not answer in time, or not in a way that can be read
 */
export async function askFresh(
  nats: NatsConnection,
  question: QueryParameters<'fresh'>,
): Promise<Array<QueryRow<'fresh'>>> {
  const answer = await nats.request(querySubject('fresh'), JSON.stringify(question), { timeout: PATIENCE_MS });
  const reply = parseJson(queryReply, answer.data);
  const rows = reply.ok && reply.value.ok ? z.array(QUERIES.fresh.row).safeParse(reply.value.rows) : undefined;
  if (rows?.success !== true) throw new BenchwireError('BAD_REPLY', 'the aggregator gave no answer that can be read');
  return rows.data;
}
