import type { EChartsOption } from 'echarts/types/dist/echarts';
import type { Table } from '../parts/download.ts';
import type { ChartColours } from './colours.ts';
import { loadECharts } from './load-echarts.ts';
import { themed } from './themed.ts';

export interface Size {
  width: number;
  height: number;
}

/** A picture's files by their format, each drawn when it is asked for, on ground of its own. */
export function picturesOf(
  option: () => EChartsOption,
  colours: ChartColours,
  size: () => Size,
): Record<'png' | 'svg', () => Promise<Blob>> {
  const drawn = (): EChartsOption => ({ ...themed(option(), colours), backgroundColor: colours.ground });
  return { png: () => pngOf(drawn(), size()), svg: () => svgOf(drawn(), size()) };
}

/** Drawn as text that any program reads. */
async function svgOf(option: EChartsOption, { width, height }: Size): Promise<Blob> {
  const [init] = await Promise.all([loadECharts(true), import('./echarts-svg.ts')]);
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, width, height });
  chart.setOption(option);
  const text = chart.renderToSVGString();
  chart.dispose();
  return new Blob([text], { type: 'image/svg+xml' });
}

/** Drawn at twice the size. */
async function pngOf(option: EChartsOption, { width, height }: Size): Promise<Blob> {
  const init = await loadECharts(true);
  const canvas = document.createElement('canvas');
  const chart = init(canvas, undefined, { renderer: 'canvas', width, height, devicePixelRatio: 2 });
  chart.setOption(option);
  try {
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob === null) reject(new Error('The browser could not render an image of this size.'));
        else resolve(blob);
      }, 'image/png');
    });
  } finally {
    chart.dispose();
  }
}

type Series = { name?: string; data?: unknown };
type Axis = { type?: string; data?: readonly unknown[]; name?: string };

/** The numbers behind a picture: a line a mark, with the series that it belongs to; places on an axis by their names. */
export function tableOf(option: EChartsOption): Table {
  const series = (Array.isArray(option.series) ? option.series : [option.series ?? {}]) as Series[];
  const [x, y] = [axisOf(option.xAxis), axisOf(option.yAxis)];
  const rows = series.flatMap(({ name = '', data }) =>
    (Array.isArray(data) ? data : []).map((mark, at) => ({ series: name, ...valuesOf(mark, at, x, y) })),
  );
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

const axisOf = (given: unknown): Axis => (Array.isArray(given) ? given[0] : given) ?? {};

function valuesOf(mark: unknown, at: number, x: Axis, y: Axis): Record<string, unknown> {
  const value = typeof mark === 'object' && mark !== null && 'value' in mark ? mark.value : mark;
  if (!Array.isArray(value)) return { x: placeOn(x, at), y: value };
  const [first, second, ...more] = value;
  return {
    x: placeOn(x, first),
    y: placeOn(y, second),
    ...Object.fromEntries(more.map((each, index) => [more.length === 1 ? 'value' : `value_${index + 1}`, each])),
  };
}

function placeOn({ type, data }: Axis, value: unknown): unknown {
  if (type === 'category' && typeof value === 'number') return data?.[value] ?? value;
  if (type === 'time' && typeof value === 'number') return new Date(value).toISOString();
  return value;
}
