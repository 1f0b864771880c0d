import { type RefObject, useEffect, useState } from 'react';

/** Below the window by so much: what is about to be scrolled into it is loaded already. */
const NEAR = '400px';

/** Whether something has been in the window, or near it: what nobody has scrolled to is not asked for. */
export function useSeen(place: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null || seen) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: NEAR },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place, seen]);
  return seen;
}
