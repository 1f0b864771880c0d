import type { QueryReply } from '@benchwire/shared/contracts/query.ts';

type Rows = Array<Record<string, unknown>>;

/**
 * Cuts rows off the end until the reply fits into one message, and says so in `truncated`.
 * @param paged_by - rows with the same value of this column stay together, so that the next page begins where this
 *   one ends; a reply that was full before counts as cut too. One group alone is cut rather than left out.
 */
export function fitReply(
  reply: { columns: string[]; rows: Rows; truncated: boolean },
  max_bytes: number,
  paged_by?: string,
): QueryReply {
  // The envelope and the names of the columns.
  let left = max_bytes - 1024 - JSON.stringify(reply.columns).length * 2;
  let count = 0;
  for (const row of reply.rows) {
    left -= Buffer.byteLength(JSON.stringify(row)) + 1;
    if (left < 0) break;
    count++;
  }
  const truncated = reply.truncated || count < reply.rows.length;
  const kept = truncated && paged_by !== undefined ? wholeGroups(reply.rows, count, paged_by) : count;
  return { ok: true, columns: reply.columns, rows: reply.rows.slice(0, kept), truncated };
}

/** The greatest number of rows, at most `count`, after which another group begins. */
function wholeGroups(rows: Rows, count: number, column: string): number {
  if (count === rows.length && count > 0 && rows[0]?.[column] === rows[count - 1]?.[column]) return count;
  const last = rows[count === rows.length ? count - 1 : count]?.[column];
  let kept = count;
  while (kept > 0 && rows[kept - 1]?.[column] === last) kept--;
  return kept === 0 ? count : kept;
}
