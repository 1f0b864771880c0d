import { type ReactNode, useCallback } from 'react';
import { useLocation } from 'wouter';
import { Chart } from '../../charts/chart.tsx';
import type { ChartColours } from '../../charts/colours.ts';
import { type History, historyOption } from './history-option.ts';

/** The history as a picture; a click on a point opens its run. */
export function HistoryChart({
  points,
  analysis,
  marks,
  axis,
  picked,
  name,
  height = 380,
}: History & { name: string; height?: number }): ReactNode {
  const [, navigate] = useLocation();
  const option = useCallback(
    (colours: ChartColours) => historyOption({ points, analysis, marks, axis, picked }, colours),
    [points, analysis, marks, axis, picked],
  );
  const levels = analysis?.segments.length ?? 0;
  return (
    <Chart
      option={option}
      height={height}
      exported={`History of ${name}`}
      description={`${points.length} points of ${name}, ${levels === 1 ? 'one level' : `${levels} levels`}, ${marks.length} marks`}
      onPick={({ seriesName, dataIndex }) => {
        const point = seriesName === 'value' ? points[dataIndex] : undefined;
        if (point !== undefined) navigate(`/runs/${point.run_id}?tab=results`);
      }}
    />
  );
}
