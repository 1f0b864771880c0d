import type { init } from 'echarts/core';
import type { EChartsOption } from 'echarts/types/dist/echarts';

const RARE_SERIES: ReadonlySet<unknown> = new Set(['custom', 'heatmap']);

/** Whether an option needs what is in echarts-rest.ts. Pure. */
export function needsRest({ series, visualMap }: EChartsOption): boolean {
  const all = Array.isArray(series) ? series : [series];
  return visualMap !== undefined || all.some((each) => RARE_SERIES.has(each?.type));
}

/** ECharts' `init`, with the rest of the library where that is needed. */
export async function loadECharts(with_rest: boolean): Promise<typeof init> {
  const [{ init }] = await Promise.all([import('./echarts.ts'), with_rest ? import('./echarts-rest.ts') : undefined]);
  return init;
}
