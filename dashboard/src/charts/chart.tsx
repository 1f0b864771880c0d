import { Skeleton, useComputedColorScheme } from '@mantine/core';
import type { EChartsType } from 'echarts/core';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ExportMenu } from '../parts/export-menu.tsx';
import { picturesOf, tableOf } from './chart-files.ts';
import { type ChartColours, chartColours } from './colours.ts';
import { loadECharts, needsRest } from './load-echarts.ts';
import { themed } from './themed.ts';

export interface ChartProps {
  /** Builds ECharts' option; axes, tooltip, legend and text take their colours from here without being told. */
  option: (colours: ChartColours) => EChartsOption;
  /** What the picture shows, in a sentence, for those who don't see it. */
  description: string;
  height?: number;
  /** Names its files; the description unless said otherwise. */
  exported?: string;
  /** Gets the chart once it is drawn, and undefined when it goes. */
  onChart?: (chart: EChartsType | undefined) => void;
  /** A click on a mark, with ECharts' own parameters. */
  onPick?: (picked: { name: string; value: unknown; data: unknown; dataIndex: number; seriesName?: string }) => void;
}

/** An ECharts picture. ECharts is loaded with the first one; a new option is drawn into the same picture. */
export function Chart({ option, description, height = 260, exported, onChart, onPick }: ChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType>();
  const colours = chartColours(useComputedColorScheme('light'));
  const callbacks = useRef({ onChart, onPick });
  const [with_rest] = useState(() => needsRest(option(colours)));
  useEffect(() => {
    callbacks.current = { onChart, onPick };
  });

  useEffect(() => {
    let made: EChartsType | undefined;
    let gone = false;
    const observer = new ResizeObserver(() => made?.resize());
    void loadECharts(with_rest).then((init) => {
      const element = place.current;
      if (gone || element === null) return;
      made = init(element, undefined, { renderer: 'canvas' });
      made.on('click', (event) => callbacks.current.onPick?.(event as never));
      observer.observe(element);
      setChart(made);
      callbacks.current.onChart?.(made);
    });
    return () => {
      gone = true;
      observer.disconnect();
      callbacks.current.onChart?.(undefined);
      made?.dispose();
    };
  }, [with_rest]);

  useEffect(() => {
    if (chart === undefined) return;
    const drawn = option(colours);
    let is_old = false;
    // Another option may need more of the library than the first one.
    void loadECharts(needsRest(drawn)).then(() => {
      if (!is_old) chart.setOption(themed(drawn, colours), { notMerge: true, lazyUpdate: true });
    });
    return () => {
      is_old = true;
    };
  }, [chart, option, colours]);

  return (
    <div className="bw-chart">
      {chart === undefined ? (
        <Skeleton height={height} />
      ) : (
        <ExportMenu
          of={exported ?? description}
          table={() => tableOf(option(colours))}
          pictures={picturesOf(
            () => option(colours),
            colours,
            () => ({ width: chart.getWidth(), height }),
          )}
        />
      )}
      <div
        ref={place}
        role="img"
        aria-label={description}
        style={{ height: chart === undefined ? 0 : height, width: '100%' }}
      />
    </div>
  );
}
