import { z } from 'zod';
import {
  QUERIES,
  type QueryName,
  type QueryParameters,
  type QueryRow,
  queryReply,
  querySubject,
} from '../contracts/query.ts';
import { formatPath } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask, badReply } from './ask.ts';
import { ClientError } from './errors.ts';

export interface Answer<R> {
  columns: string[];
  rows: R[];
  /** A limit cut the answer. */
  truncated: boolean;
}

/**
 * One of the aggregator's queries, see contracts/query.ts.
 * @param signal - gives up waiting: the aggregator then ends the statement of `sql`
 * @throws ClientError REFUSED with the aggregator's reasons, BUSY, BAD_REPLY; UnreachableError when it does not answer
 */
export async function query<N extends QueryName>(
  nats: NatsConnection,
  name: N,
  parameters: QueryParameters<N>,
  signal?: AbortSignal,
): Promise<Answer<QueryRow<N>>> {
  const reply = await ask(nats, querySubject(name), parameters, queryReply, {
    service: 'aggregator',
    reads_only: true,
    timeout_ms: 60_000,
    signal,
  });
  if (!reply.ok && reply.retry_after_seconds !== undefined)
    throw new ClientError('BUSY', 'too much is asked at a time', {
      issues: reply.issues,
      retry_after_seconds: reply.retry_after_seconds,
    });
  if (!reply.ok) throw new ClientError('REFUSED', "the aggregator can't answer that", { issues: reply.issues });
  const rows = z.array(QUERIES[name].row as unknown as z.ZodType<QueryRow<N>>).safeParse(reply.rows);
  if (!rows.success) {
    const [problem] = rows.error.issues;
    throw badReply(
      querySubject(name),
      problem === undefined ? undefined : { path: formatPath(problem.path), message: problem.message },
    );
  }
  return { columns: reply.columns, rows: rows.data, truncated: reply.truncated };
}

/** The queries whose answers come in pages. */
export type PagedQuery = 'tasks' | 'results' | 'outcomes' | 'fed_inputs' | 'run_tests' | 'test_counts';

/** As the contract has it. */
const MAX_PAGE_ROWS = 100_000;

/**
 * Every row, page by page as it is read, since one reply holds only so much. Rows come by task id. Of one task with more
 * rows than fit into a reply (megabytes of metrics) only the first are told; the query `sql` has them all.
 * @param parameters - `limit` is how many rows a page has at most (10,000 without it), not how many there are in all
 * @throws as `query` does
 */
export async function* queryRows<N extends PagedQuery>(
  nats: NatsConnection,
  name: N,
  parameters: QueryParameters<N>,
): AsyncGenerator<QueryRow<N>, void, undefined> {
  let { after_task_id = '', limit = 10_000 } = parameters;
  for (;;) {
    const { rows, truncated } = await query(nats, name, { ...parameters, after_task_id, limit });
    const last = rows.at(-1)?.task_id;
    // A page ends with a whole task, unless it is full of one.
    if (truncated && rows.length >= limit && rows[0]?.task_id === last && limit < MAX_PAGE_ROWS) {
      limit = Math.min(MAX_PAGE_ROWS, limit * 2);
      continue;
    }
    yield* rows;
    if (!truncated || last === undefined) return;
    after_task_id = last;
  }
}
