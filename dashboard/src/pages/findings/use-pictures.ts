import { call } from '@benchwire/shared/client/http-client.ts';
import type { FindingRow } from '@benchwire/shared/contracts/rows.ts';
import { useQueries } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keyOf } from '../../api/use-api.ts';

/** Series of one question: their ids stand in its address. */
const AT_ONCE = 100;

/** The newest values of the series that rows are about, by series id. */
export function usePictures(rows: readonly FindingRow[]): ReadonlyMap<string, readonly number[]> {
  const ids = [...new Set(rows.map(({ series_id }) => series_id))];
  const parts = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) =>
    ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
  const answers = useQueries({
    queries: parts.map((id) => {
      const asked = call('GET /api/series-values', { query: { id, points: 30 } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked) };
    }),
  });
  return new Map(
    answers.flatMap(({ data }) => (data?.items ?? []).map(({ series_id, values }) => [series_id, values])),
  );
}
