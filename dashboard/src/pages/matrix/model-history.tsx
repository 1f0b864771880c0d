import { call } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { useQueries } from '@tanstack/react-query';
import { type ReactNode, useCallback } from 'react';
import { useLocation } from 'wouter';
import { api } from '../../api/client.ts';
import { keyOf } from '../../api/use-api.ts';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';

/** More lines than there are colours can not be told apart. */
const LINES = 7;

/** The history of one metric of a model: a line for each series that was measured most. */
export function ModelHistory({
  rows,
  nameOf,
}: {
  rows: readonly SeriesRow[];
  nameOf: (fingerprint: string) => string;
}): ReactNode {
  const [, navigate] = useLocation();
  const shown = rows.toSorted((a, b) => b.points - a.points).slice(0, LINES);
  const answers = useQueries({
    queries: shown.map(({ series_id }) => {
      const asked = call('GET /api/series/:id/points', { params: { id: series_id }, query: { limit: 500 } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked) };
    }),
  });
  const names = shown.map((row) => lineName(row, shown, nameOf));
  const points = answers.map(({ data }) => data?.items ?? []);
  const count = points.reduce((sum, of_series) => sum + of_series.length, 0);
  const key = JSON.stringify([names, points.map((of_series) => [of_series.length, of_series.at(-1)?.run_id])]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same points make the same picture
  const option = useCallback(
    (colours: ChartColours) => ({
      grid: { left: 8, right: 20, top: 40, bottom: 8, containLabel: true },
      legend: { type: 'scroll' as const, top: 0, left: 0, right: 34 },
      tooltip: { trigger: 'item' as const, formatter: '{b}' },
      xAxis: { type: 'time' as const },
      yAxis: {
        type: 'value' as const,
        scale: true,
        name: shown[0]?.unit ?? '',
        axisLabel: { formatter: (tick: number) => formatNumber(tick) },
      },
      series: names.map((name, at) => ({
        name,
        type: 'line' as const,
        color: colours.categories[at % colours.categories.length] ?? colours.text,
        symbol: 'circle',
        symbolSize: 6,
        lineStyle: { width: 1.4 },
        data: (points[at] ?? []).map((point) => ({
          name: `${name}\n${formatNumber(point.value)} ${point.unit}\n${formatWholeTime(point.measured_at)}\n${point.commit.slice(0, 10)} ${point.branch}`,
          value: [Date.parse(point.measured_at), point.value],
        })),
      })),
    }),
    [key],
  );
  return (
    <>
      <Chart
        option={option}
        height={300}
        exported={`History of ${shown[0]?.model ?? ''} ${shown[0]?.metric ?? ''}`}
        description={`${count} points in ${shown.length} series of ${shown[0]?.metric ?? ''}`}
        onPick={({ seriesName, dataIndex }) => {
          const point = points[names.indexOf(seriesName ?? '')]?.[dataIndex];
          if (point !== undefined) navigate(`/runs/${point.run_id}?tab=results`);
        }}
      />
      <p className="bw-note">
        A click on a point opens its run.
        {rows.length > LINES && ` The ${LINES} series with the most runs of ${rows.length} are shown.`}
      </p>
    </>
  );
}

/** What tells a line from the others: only what differs between them, and always the hardware. */
function lineName(row: SeriesRow, all: readonly SeriesRow[], nameOf: (fingerprint: string) => string): string {
  const varies = (key: 'precision' | 'executor' | 'benchmark' | 'scenario' | 'variant'): boolean =>
    new Set(all.map((each) => each[key])).size > 1;
  return [
    row.batch_size === null ? '' : `batch ${row.batch_size}`,
    varies('precision') ? row.precision : '',
    varies('executor') ? row.executor : '',
    varies('benchmark') ? row.benchmark : '',
    varies('scenario') ? row.scenario : '',
    nameOf(row.fingerprint),
    varies('variant') ? row.series_id.slice(0, 6) : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
