import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { Answer } from '../../parts/states.tsx';
import { HistoryChart } from '../series/history-chart.tsx';
import { overlaysOnAxis } from '../series/overlay.ts';
import { useHistory } from '../series/use-history.ts';
import { useOverlays } from '../series/use-overlays.ts';

const NONE: readonly string[] = [];
const ALL = { since: undefined, until: undefined };

/** The history of one series, small, with others over it. */
export default function SeriesPanel({
  series_id,
  over = NONE,
}: {
  series_id: string;
  over?: readonly string[];
}): ReactNode {
  const series = useGet(call('GET /api/series/:id', { params: { id: series_id } }));
  const { points, analysis, marks } = useHistory(series_id);
  const names = useHardwareNames();
  const { overlays } = useOverlays(over, ALL, (row) => seriesName(row, names.pool));
  return (
    <Answer of={series} height={260}>
      {(row) => (
        <>
          <Link href={withQuery(`/series/${series_id}`, { with: over.join(',') || undefined })}>
            {seriesName(row, names.pool)}
          </Link>
          <Answer of={points} height={260}>
            {(rows) => (
              <HistoryChart
                points={rows}
                analysis={analysis.data}
                marks={marks}
                axis={over.length === 0 ? 'run' : 'time'}
                overlays={overlaysOnAxis(overlays, row.unit, false)}
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
