import {
  QUERIES,
  type QueryName,
  type QueryParameters,
  type QueryRow,
  queryReply,
  querySubject,
} from '@benchwire/shared/contracts/query.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { z } from 'zod';
import { RefusedError } from '../errors.ts';
import { ask } from './ask.ts';

export interface Answer<R> {
  columns: string[];
  rows: R[];
  /** A limit cut the answer. */
  truncated: boolean;
}

/**
 * One of the aggregator's queries.
 * @throws RefusedError with the aggregator's reasons, UnreachableError when it does not answer
 */
export async function query<N extends QueryName>(
  nats: NatsConnection,
  name: N,
  parameters: QueryParameters<N>,
): Promise<Answer<QueryRow<N>>> {
  const reply = await ask(nats, querySubject(name), parameters, queryReply, {
    service: 'aggregator',
    timeout_ms: 60_000,
  });
  if (!reply.ok) throw new RefusedError("the aggregator can't answer that:", reply.issues);
  const rows = z.array(QUERIES[name].row as unknown as z.ZodType<QueryRow<N>>).safeParse(reply.rows);
  if (!rows.success) {
    const [problem] = rows.error.issues;
    throw new BenchwireError(
      'BAD_REPLY',
      `the answer to ${querySubject(name)} has a form that this bw does not know (${problem?.path.join('.')}: ${problem?.message}): are bw and the stack of the same version?`,
    );
  }
  return { columns: reply.columns, rows: rows.data, truncated: reply.truncated };
}

/**
 * Every row of a run, page by page, since one reply holds only so much; up to `limit` rows.
 * @returns `more`: there are rows behind the limit
 */
export async function queryPages<N extends 'tasks' | 'results'>(
  nats: NatsConnection,
  name: N,
  parameters: QueryParameters<N>,
  limit: number,
): Promise<{ rows: Array<QueryRow<N>>; more: boolean }> {
  const rows: Array<QueryRow<N>> = [];
  let after_task_id = '';
  for (;;) {
    const page = Math.min(100_000, limit - rows.length);
    const answer = await query(nats, name, { ...parameters, after_task_id, limit: page });
    for (const row of answer.rows) rows.push(row);
    const last = answer.rows.at(-1)?.task_id;
    if (!answer.truncated || last === undefined || last === after_task_id) return { rows, more: answer.truncated };
    if (rows.length >= limit) return { rows, more: true };
    after_task_id = last;
  }
}
