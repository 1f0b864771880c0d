import type { EChartsType } from 'echarts/core';

interface PointerPlace {
  offsetX: number;
  offsetY: number;
  /** Of ECharts' own: a finger that is treated as a mouse. */
  event?: { zrByTouch?: boolean };
}

/** Shorter drags are clicks. */
const MIN_PX = 8;

/**
 * A drag with the mouse across the picture shows that part of its x axis. Fingers scroll the page, and have the slider.
 * @returns stops it
 */
export function zoomByDrag(chart: EChartsType, color: string): () => void {
  const renderer = chart.getZr();
  const ground = chart.getDom();
  const shade = ground.ownerDocument.createElement('div');
  Object.assign(shade.style, {
    ...{ position: 'absolute', pointerEvents: 'none', display: 'none', background: color, opacity: '0.25' },
    ...{ top: '0', bottom: '46px' },
  });
  ground.append(shade);
  let begin: number | undefined;
  const down = ({ offsetX, offsetY, event }: PointerPlace): void => {
    if (event?.zrByTouch !== true && chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) begin = offsetX;
  };
  const move = ({ offsetX }: PointerPlace): void => {
    if (begin === undefined) return;
    const width = Math.abs(offsetX - begin);
    Object.assign(shade.style, {
      ...{ display: width < MIN_PX ? 'none' : 'block', left: `${Math.min(begin, offsetX)}px`, width: `${width}px` },
    });
  };
  const up = ({ offsetX }: PointerPlace): void => {
    const from = begin;
    begin = undefined;
    shade.style.display = 'none';
    if (from === undefined || Math.abs(offsetX - from) < MIN_PX) return;
    const [startValue, endValue] = [Math.min(from, offsetX), Math.max(from, offsetX)].map((pixel) =>
      chart.convertFromPixel({ xAxisIndex: 0 }, pixel),
    );
    chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, startValue, endValue });
  };
  const handlers = { mousedown: down, mousemove: move, mouseup: up, globalout: () => (begin = undefined) };
  for (const [name, handler] of Object.entries(handlers)) renderer.on(name, handler as never);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) renderer.off(name, handler as never);
    shade.remove();
  };
}
