import { call } from '@benchwire/shared/client/http-client.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { Answer } from '../../parts/states.tsx';
import { HistoryChart } from '../series/history-chart.tsx';
import { useHistory } from '../series/use-history.ts';

/** The history of one series, small. */
export default function SeriesPanel({ series_id }: { series_id: string }): ReactNode {
  const series = useGet(call('GET /api/series/:id', { params: { id: series_id } }));
  const { points, analysis, marks } = useHistory(series_id);
  const names = useHardwareNames();
  return (
    <Answer of={series} height={260}>
      {(row) => (
        <>
          <Link href={`/series/${series_id}`}>{seriesName(row, names.pool)}</Link>
          <Answer of={points} height={260}>
            {(rows) => (
              <HistoryChart
                points={rows}
                analysis={analysis.data}
                marks={marks}
                axis="run"
                name={seriesName(row)}
                height={260}
              />
            )}
          </Answer>
        </>
      )}
    </Answer>
  );
}
