import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { FindingRow, ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useGet, usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import type { Mark } from './history.ts';

export interface HistoryOfSeries {
  points: Pick<UseQueryResult<ResultRow[], Error>, 'data' | 'error' | 'refetch'>;
  analysis: UseQueryResult<SeriesAnalysis, Error>;
  marks: Mark[];
  findings: readonly FindingRow[];
}

/** Points that are shown and analysed, the newest. */
const SHOWN = 1000;

/** Everything that is known of one series; asked again when something is said. */
export function useHistory(series_id: string): HistoryOfSeries {
  const path = `/api/series/${series_id}`;
  useRefresh('events', [path], 5000);
  useRefresh('findings', [path, '/api/findings'], 2000);
  const params = { id: series_id };
  const points = usePages(call('GET /api/series/:id/points', { params, query: { limit: SHOWN } }));
  const analysis = useGet(call('GET /api/series/:id/analysis', { params, query: { points: SHOWN } }), {
    enabled: (points.data?.length ?? 0) > 0,
  });
  const annotations = usePages(call('GET /api/series/:id/annotations', { params }));
  const findings = usePages(call('GET /api/findings', { query: { series_id, limit: 200 } }));
  const marks = useMemo(
    () =>
      [
        ...(annotations.data ?? []).map(
          ({ about_at, kind, text, by, link }): Mark => ({
            at: about_at,
            kind: kind === 'note' ? 'note' : 'environment_changed',
            text,
            by,
            link,
          }),
        ),
        ...(findings.data ?? []).map(
          ({ finding_id, kind, state, message, detected_at, run_id }): Mark => ({
            at: points.data?.find((point) => point.run_id === run_id)?.measured_at ?? detected_at,
            kind: 'finding',
            text: `${kind}, ${state.replace('_', ' ')}: ${message}`,
            by: 'anomaly',
            link: `/findings/${encodeURIComponent(finding_id)}`,
          }),
        ),
      ].sort((a, b) => (a.at < b.at ? -1 : 1)),
    [annotations.data, findings.data, points.data],
  );
  return { points, analysis, marks, findings: findings.data ?? [] };
}
