import type { EChartsType } from 'echarts/core';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { type History, historyOption } from './history-option.ts';
import { readZoom, writeZoom } from './history-view.ts';

export interface HistoryChartProps extends Omit<History, 'zoom'> {
  name: string;
  height?: number;
  /** What of the axis is shown, as it stands in the address. */
  zoom?: string;
  /** Somebody shows another part of the axis. */
  onZoom?: (zoom: string) => void;
}

/** The history as a picture; a click on a point opens its run. */
export function HistoryChart(props: HistoryChartProps): ReactNode {
  const { points, analysis, marks, axis, picked, values, guesses, name, height = 380, zoom = '', onZoom } = props;
  const [, navigate] = useLocation();
  const option = useCallback(
    (colours: ChartColours) =>
      historyOption(
        { points, analysis, marks, axis, picked, values, guesses: guesses ?? false, zoom: readZoom(zoom) },
        colours,
      ),
    [points, analysis, marks, axis, picked, values, guesses, zoom],
  );
  const onChart = useZoom(onZoom);
  const levels = analysis?.segments.length ?? 0;
  return (
    <Chart
      option={option}
      height={height}
      exported={`History of ${name}`}
      description={`${points.length} points of ${name}, ${levels === 1 ? 'one level' : `${levels} levels`}, ${marks.length} marks`}
      onChart={onChart}
      onPick={({ seriesName, dataIndex }) => {
        const point = seriesName === 'value' ? points[dataIndex] : undefined;
        if (point !== undefined) navigate(`/runs/${point.run_id}?tab=results`);
      }}
    />
  );
}

/** A drag moves the picture many times a second: the address is changed once it rests. */
const RESTS_MS = 250;

/** Reports which part of the axis a chart shows, once it has been moved. */
function useZoom(onZoom: ((zoom: string) => void) | undefined): (chart: EChartsType | undefined) => void {
  const [chart, setChart] = useState<EChartsType>();
  const listener = useRef(onZoom);
  useEffect(() => {
    listener.current = onZoom;
  });
  useEffect(() => {
    if (chart === undefined) return;
    let timer: ReturnType<typeof setTimeout>;
    const report = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const { dataZoom } = chart.getOption() as { dataZoom?: Array<{ start: number; end: number }> };
        if (dataZoom?.[0] !== undefined) listener.current?.(writeZoom(dataZoom[0]));
      }, RESTS_MS);
    };
    chart.on('datazoom', report);
    return () => clearTimeout(timer);
  }, [chart]);
  return setChart;
}
