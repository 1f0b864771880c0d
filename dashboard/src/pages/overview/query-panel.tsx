import { ApiProblem, call, withQuery } from '@benchwire/shared/client/http-client.ts';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { useSavedQuery } from '../reports/saved-queries.tsx';
import type { SavedQuery } from '../reports/saved-query.ts';
import { SqlResult } from '../reports/sql-result.tsx';

const EVERY_MS = 30_000;

/** A saved query's answer, asked again now and then. */
export default function QueryPanel({ name }: { name: string }): ReactNode {
  const saved = useSavedQuery(name);
  if (saved.error instanceof ApiProblem && saved.error.status === 404)
    return (
      <Empty title={`There is no saved query "${name}"`}>
        <Link href="/reports">Save one on the Query page.</Link>
      </Empty>
    );
  return <Answer of={saved}>{(query) => <Asked name={name} query={query} />}</Answer>;
}

function Asked({ name, query: { sql, ...chosen } }: { name: string; query: SavedQuery }): ReactNode {
  const asked = call('POST /api/sql', { body: { sql } });
  const answer = useQuery({
    queryKey: ['/api/sql', sql],
    queryFn: ({ signal }) => api.send(asked, { signal }),
    meta: { asked },
    refetchInterval: EVERY_MS,
  });
  const { kind: chart, x, y, by } = chosen;
  return (
    <>
      <Answer of={answer}>{(rows) => <SqlResult answer={rows} name={name} chosen={chosen} />}</Answer>
      <Link href={withQuery('/reports', { sql, name, chart, x, y, by })}>open in Query</Link>
    </>
  );
}
