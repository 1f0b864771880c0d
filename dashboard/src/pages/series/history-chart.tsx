import { type ReactNode, useCallback } from 'react';
import { useLocation } from 'wouter';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { type History, historyOption } from './history-option.ts';
import { readZoom } from './history-view.ts';
import { stretchesOf } from './levels.ts';
import { useZoom } from './use-zoom.ts';

export interface HistoryChartProps extends Omit<History, 'zoom'> {
  name: string;
  height?: number;
  /** What of the axis is shown, as it is in the address. */
  zoom?: string;
  /** Somebody shows another part of the axis. */
  onZoom?: (zoom: string) => void;
}

/** The history as a picture; a click on a point opens its run. */
export function HistoryChart(props: HistoryChartProps): ReactNode {
  const { points, analysis, marks, axis, picked, values, interval, outliers, guesses, overlays } = props;
  const { name, height = 380, zoom = '', onZoom } = props;
  const [, navigate] = useLocation();
  const option = useCallback(
    (colours: ChartColours) =>
      historyOption(
        {
          ...{ points, analysis, marks, axis, picked, values, zoom: readZoom(zoom) },
          ...{ interval: interval === true, outliers: outliers === true, guesses: guesses === true },
          overlays: overlays ?? [],
        },
        colours,
      ),
    [points, analysis, marks, axis, picked, values, interval, outliers, guesses, overlays, zoom],
  );
  const onChart = useZoom(onZoom);
  const levels = stretchesOf(analysis, points).length;
  const over = overlays?.length ?? 0;
  return (
    <Chart
      option={option}
      height={height}
      exported={`History of ${name}`}
      description={`${points.length} points of ${name}, ${levels === 1 ? 'one level' : `${levels} levels`}, ${marks.length} marks${over === 0 ? '' : `, ${over} more series`}`}
      onChart={onChart}
      onPick={({ seriesName, dataIndex, data }) => {
        const run_id = seriesName === 'value' ? points[dataIndex]?.run_id : (data as { run_id?: string })?.run_id;
        if (run_id !== undefined) navigate(`/runs/${run_id}?tab=results`);
      }}
    />
  );
}
