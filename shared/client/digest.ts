import { digestOf } from '../compare/digest.ts';
import type { Digest } from '../contracts/digest.ts';
import type { Client } from './client.ts';
import { ClientError } from './errors.ts';

/** More of each kind reads no better: the greatest changes are in it. */
const MAX_CHANGES = 500;

/**
 * What got slower since a time, and what of it is settled.
 * @throws ClientError QUERY_INVALID for a time in the future
 */
export async function digestSince(client: Pick<Client, 'query'>, since: string, now_ms: number): Promise<Digest> {
  const until = new Date(now_ms).toISOString();
  if (since >= until) {
    const message = `${since} is not in the past`;
    throw new ClientError('QUERY_INVALID', 'the time is not valid', {
      issues: [{ path: 'since', code: 'invalid', message }],
    });
  }
  const [regressions, improvements, overview] = await Promise.all([
    client.query('changes', { kind: 'regression', since, limit: MAX_CHANGES }),
    client.query('changes', { kind: 'improvement', since, limit: MAX_CHANGES }),
    client.query('overview', { since }),
  ]);
  const [counts] = overview.rows;
  if (counts === undefined) throw new Error('the query "overview" always has one row');
  return digestOf({
    ...{ since, until, regressions: regressions.rows, improvements: improvements.rows, overview: counts },
    truncated: regressions.truncated || improvements.truncated,
  });
}
