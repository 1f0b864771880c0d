import type { EChartsType } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { zoomByDrag } from '../../charts/drag-zoom.ts';
import { writeZoom } from './history-view.ts';

/** A drag moves the picture many times a second: the address is changed once it rests. */
const RESTS_MS = 250;

/** Lets a drag zoom, and reports which part of the axis a chart shows, once it has been moved. */
export function useZoom(onZoom: ((zoom: string) => void) | undefined): (chart: EChartsType | undefined) => void {
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
    const stop = zoomByDrag(chart, 'var(--mantine-primary-color-filled)');
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [chart]);
  return setChart;
}
