import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesAnalysis } from '@benchwire/shared/contracts/anomaly.ts';
import type { FindingRow, ResultRow } from '@benchwire/shared/contracts/rows.ts';
import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useGet, usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import type { Mark } from './history.ts';
import type { TimeRange } from './time-range.ts';

export interface HistoryOfSeries {
  points: Pick<UseQueryResult<ResultRow[], Error>, 'data' | 'error' | 'refetch'>;
  analysis: UseQueryResult<SeriesAnalysis, Error>;
  marks: Mark[];
  findings: readonly FindingRow[];
}

/** Points that are shown and analysed, the newest. */
export const SHOWN = 1000;

const ALL: TimeRange = { since: undefined, until: undefined };

/**
 * Everything that is known of one series, asked again when something changes. A range chooses the points and marks; the analysis is
 * that of the newest points.
 */
export function useHistory(series_id: string, { since, until }: TimeRange = ALL): HistoryOfSeries {
  const path = `/api/series/${series_id}`;
  useRefresh('events', [path], 5000);
  useRefresh('findings', [path, '/api/findings'], 2000);
  const params = { id: series_id };
  const points = usePages(call('GET /api/series/:id/points', { params, query: { since, until, limit: SHOWN } }));
  const analysis = useGet(call('GET /api/series/:id/analysis', { params, query: { points: SHOWN } }), {
    // A series whose points have all expired has none; a range without points says nothing of that.
    enabled: since !== undefined || until !== undefined || (points.data?.length ?? 0) > 0,
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
      ]
        .filter(({ at }) => (since === undefined || at >= since) && (until === undefined || at < until))
        .sort((a, b) => (a.at < b.at ? -1 : 1)),
    [annotations.data, findings.data, points.data, since, until],
  );
  return { points, analysis, marks, findings: findings.data ?? [] };
}
