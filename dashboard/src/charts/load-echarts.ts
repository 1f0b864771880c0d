import type { EChartsOption } from 'echarts/types/dist/echarts';

const RARE_SERIES: ReadonlySet<unknown> = new Set(['boxplot', 'custom', 'heatmap']);

/** Whether an option needs what is in echarts-rest.ts. Pure. */
export function needsRest({ series, visualMap, aria }: EChartsOption): boolean {
  const all = Array.isArray(series) ? series : [series];
  return visualMap !== undefined || aria !== undefined || all.some((each) => RARE_SERIES.has(each?.type));
}

/** ECharts, with the rest of it where that is needed. */
export async function loadECharts(with_rest: boolean): Promise<typeof import('./echarts.ts')> {
  const [core] = await Promise.all([import('./echarts.ts'), with_rest ? import('./echarts-rest.ts') : undefined]);
  return core;
}
