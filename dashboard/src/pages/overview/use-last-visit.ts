import { useEffect, useState } from 'react';
import { readVisit, visitAt } from './last-visit.ts';

const KEY = 'bw-overview-visit';

/** When this browser's last visit of the overview ended; null on the first. It stays the same while the page is open. */
export function useLastVisit(): string | null {
  const [visit] = useState(() => visitAt(readVisit(localStorage.getItem(KEY), Date.now()), Date.now()));
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState !== 'visible') return;
      localStorage.setItem(KEY, JSON.stringify({ ...visit, seen_ms: Date.now() }));
    };
    look();
    const timer = setInterval(look, 60_000);
    return () => clearInterval(timer);
  }, [visit]);
  return visit.since_ms === null ? null : new Date(visit.since_ms).toISOString();
}
