import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { ChartColours } from './colours.ts';

type Part = Record<string, unknown>;

/** The option with the page's colours and font wherever it names none. */
export function themed(option: EChartsOption, colours: ChartColours): EChartsOption {
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
