import { Skeleton, useComputedColorScheme } from '@mantine/core';
import type { EChartsType } from 'echarts/core';
import type { EChartsOption } from 'echarts/types/dist/echarts';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ExportMenu } from '../parts/export-menu.tsx';
import { pngOf, svgOf, tableOf } from './chart-files.ts';
import { type ChartColours, chartColours } from './colours.ts';

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
  useEffect(() => {
    callbacks.current = { onChart, onPick };
  });

  useEffect(() => {
    let made: EChartsType | undefined;
    let gone = false;
    const observer = new ResizeObserver(() => made?.resize());
    void import('./echarts.ts').then(({ init }) => {
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
  }, []);

  useEffect(() => {
    chart?.setOption(themed(option(colours), colours), { notMerge: true, lazyUpdate: true });
  }, [chart, option, colours]);

  const drawn = (): EChartsOption => ({ ...themed(option(colours), colours), backgroundColor: colours.ground });
  const size = (): { width: number; height: number } => ({ width: chart?.getWidth() ?? 800, height });
  return (
    <div className="bw-chart">
      {chart === undefined ? (
        <Skeleton height={height} />
      ) : (
        <ExportMenu
          of={exported ?? description}
          table={() => tableOf(option(colours))}
          pictures={{ png: () => pngOf(drawn(), size()), svg: () => svgOf(drawn(), size()) }}
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

type Part = Record<string, unknown>;

/** The option with the page's colours and font wherever it names none. */
function themed(option: EChartsOption, colours: ChartColours): EChartsOption {
  const axis = (given: unknown): unknown => each(given, (one) => withAxisColours(one, colours));
  return {
    animation: false,
    color: [...colours.categories],
    backgroundColor: 'transparent',
    ...option,
    textStyle: { color: colours.text, fontFamily: 'system-ui, sans-serif', fontSize: 12 },
    ...('xAxis' in option ? { xAxis: axis(option.xAxis) } : {}),
    ...('yAxis' in option ? { yAxis: axis(option.yAxis) } : {}),
    ...(option.legend === undefined
      ? {}
      : {
          legend: each(option.legend, (one) => ({
            textStyle: { color: colours.text },
            itemHeight: 8,
            itemWidth: 14,
            ...one,
          })),
        }),
    ...(option.tooltip === undefined
      ? {}
      : {
          tooltip: each(option.tooltip, (one) => ({
            // Drawn into the canvas: a tooltip in HTML needs inline styles, which the page's policy forbids.
            renderMode: 'richText',
            confine: true,
            backgroundColor: colours.ground,
            borderColor: colours.line,
            textStyle: { color: colours.text, fontSize: 12 },
            ...one,
          })),
        }),
  } as EChartsOption;
}

const each = (given: unknown, change: (one: Part) => Part): unknown =>
  Array.isArray(given) ? given.map((one) => change(one as Part)) : change((given ?? {}) as Part);

const withAxisColours = (axis: Part, colours: ChartColours): Part => ({
  ...axis,
  axisLine: { lineStyle: { color: colours.line }, ...(axis.axisLine as Part) },
  axisTick: { lineStyle: { color: colours.line }, ...(axis.axisTick as Part) },
  axisLabel: { color: colours.muted, hideOverlap: true, ...(axis.axisLabel as Part) },
  splitLine: { lineStyle: { color: colours.line }, ...(axis.splitLine as Part) },
  nameTextStyle: { color: colours.muted, ...(axis.nameTextStyle as Part) },
});
