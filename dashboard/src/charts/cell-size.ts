import type { CustomSeriesRenderItemAPI } from 'echarts/types/dist/echarts';

/** Width and height that one step on both axes takes up, in pixels. */
export function cellSize(api: CustomSeriesRenderItemAPI): { width: number; height: number } {
  const [width = 0, height = 0] = (api.size?.([1, 1]) ?? []) as number[];
  return { width, height };
}
