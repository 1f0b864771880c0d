import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { SeriesRow } from '@benchwire/shared/contracts/rows.ts';
import { Button, Checkbox, Group, SegmentedControl } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { type ReactNode, useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../../api/client.ts';
import { keyOf } from '../../api/use-api.ts';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';
import { useUrlState } from '../../parts/url-state.ts';
import { readZoom, valueAxis, zoomParts } from '../series/history-view.ts';
import { drawnValue } from '../series/overlay.ts';
import { PRESETS, timeRangeOf } from '../series/time-range.ts';
import { useZoom } from '../series/use-zoom.ts';

const DEFAULTS = { since: '', zoom: '', values: 'data' };

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
  const [view, change] = useUrlState(DEFAULTS);
  const [now] = useState(() => Date.now());
  const { since } = timeRangeOf(view.since, '', now);
  const shown = rows.toSorted((a, b) => b.points - a.points).slice(0, LINES);
  const answers = useQueries({
    queries: shown.map(({ series_id }) => {
      const asked = call('GET /api/series/:id/points', { params: { id: series_id }, query: { since, limit: 500 } });
      return { queryKey: keyOf(asked), queryFn: () => api.send(asked) };
    }),
  });
  const indexed = view.values === 'first';
  const names = shown.map((row) => lineName(row, shown, nameOf));
  const points = answers.map(({ data }) => data?.items ?? []);
  const count = points.reduce((sum, of_series) => sum + of_series.length, 0);
  const key = JSON.stringify([
    names,
    points.map((of_series) => [of_series.length, of_series.at(-1)?.run_id]),
    view.zoom,
    view.values,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same points make the same picture
  const option = useCallback(
    (colours: ChartColours) => ({
      grid: { left: 8, right: 20, top: 54, bottom: 46, containLabel: true },
      dataZoom: zoomParts(readZoom(view.zoom), colours.line),
      legend: { type: 'scroll' as const, top: 0, left: 0, right: 34 },
      tooltip: { trigger: 'item' as const, formatter: '{b}' },
      xAxis: { type: 'time' as const },
      yAxis: valueAxis(points.flat(), indexed ? 'first' : 'data', undefined),
      series: names.map((name, at) => ({
        name,
        type: 'line' as const,
        color: colours.categories[at % colours.categories.length] ?? colours.text,
        symbol: 'circle',
        symbolSize: 6,
        lineStyle: { width: 1.4 },
        data: (points[at] ?? []).map((point) => ({
          name: `${name}\n${formatNumber(point.value)} ${point.unit}\n${formatWholeTime(point.measured_at)}\n${point.commit.slice(0, 10)} ${point.branch}`,
          value: [Date.parse(point.measured_at), drawnValue(points[at] ?? [], indexed)(point.value)],
        })),
      })),
    }),
    [key],
  );
  const onChart = useZoom((zoom) => change({ zoom }));
  const [first, ...others] = shown;
  return (
    <>
      <Group gap="xs" mb={8}>
        <SegmentedControl
          size="xs"
          data={[...PRESETS]}
          value={view.since}
          onChange={(next) => change({ since: next, zoom: '' })}
          aria-label="Range"
        />
        <Checkbox
          size="xs"
          label="% of the first"
          checked={indexed}
          onChange={(event) => change({ values: event.currentTarget.checked ? 'first' : 'data' })}
        />
        {view.zoom !== '' && (
          <Button size="compact-sm" variant="default" onClick={() => change({ zoom: '' })}>
            Reset zoom
          </Button>
        )}
      </Group>
      <Chart
        onChart={onChart}
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
        Drag across the picture to zoom. A click on a point opens its run.{' '}
        {first !== undefined && (
          <Link
            href={withQuery(`/series/${first.series_id}`, {
              axis: 'time',
              with: others.map(({ series_id }) => series_id).join(','),
            })}
          >
            Open in Series
          </Link>
        )}
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
