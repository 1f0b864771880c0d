import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api } from '../../api/client.ts';
import { keyOf } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { MAX_OVERLAYS, type Overlay } from './overlay.ts';
import type { TimeRange } from './time-range.ts';
import { SHOWN } from './use-history.ts';

export interface ChosenSeries {
  /** Those that could be read. */
  overlays: Overlay[];
  /** Each by its name, for as long as it is not known by its id. */
  names: ReadonlyMap<string, string>;
  /** Ids without a series. */
  unknown: string[];
}

/** The series that an address adds to a picture, with their points in a part of the time. */
export function useOverlays(
  ids: readonly string[],
  { since, until }: TimeRange,
  nameOf: (row: SeriesRow) => string,
): ChosenSeries {
  const chosen = ids.slice(0, MAX_OVERLAYS);
  useRefresh(
    'events',
    chosen.map((id) => `/api/series/${id}/points`),
    5000,
  );
  const rows = useQueries({
    queries: chosen.map((id) => {
      const asked = call('GET /api/series/:id', { params: { id } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked), retry: false };
    }),
  });
  const points = useQueries({
    queries: chosen.map((id) => {
      const asked = call('GET /api/series/:id/points', { params: { id }, query: { since, until, limit: SHOWN } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked) };
    }),
  });
  const key = JSON.stringify([
    rows.map(({ data, isError }) => [isError, data && nameOf(data)]),
    points.map(({ data, dataUpdatedAt }) => [data?.items.length, dataUpdatedAt]),
    chosen,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same answers make the same picture
  return useMemo(() => {
    const read = chosen.flatMap((series_id, at) => {
      const row = rows[at]?.data;
      const of_series = points[at]?.data?.items;
      return row === undefined || of_series === undefined ? [] : [{ series_id, row, points: of_series }];
    });
    const plain = read.map(({ row }) => nameOf(row));
    const overlays = read.map(({ series_id, row, points: of_series }, at) => {
      const name = plain[at] ?? '';
      // The legend knows lines by their names.
      const is_double = plain.filter((other) => other === name).length > 1;
      return {
        ...{ series_id, unit: row.unit, points: of_series },
        name: is_double ? `${name} (${series_id.slice(0, 6)})` : name,
      };
    });
    return {
      overlays,
      names: new Map(overlays.map(({ series_id, name }) => [series_id, name])),
      unknown: chosen.filter((_, at) => rows[at]?.isError === true),
    };
  }, [key]);
}
