import { type RefObject, useEffect, useRef } from 'react';

/** Keeps a panel of the overview as many rows of the grid high as it is, so that the next one begins right below it. */
export function useRowSpan(): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [cell, content] = [place.current, place.current?.firstElementChild];
    if (cell == null || content == null) return;
    // The grid's rows are 1 px high (styles.css, .bw-packed); the gap below is part of the cell.
    const fit = (): void => {
      cell.style.gridRowEnd = `span ${Math.ceil(content.getBoundingClientRect().height) + 12}`;
    };
    const observer = new ResizeObserver(fit);
    observer.observe(content);
    fit();
    return () => observer.disconnect();
  }, []);
  return place;
}
