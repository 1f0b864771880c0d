import { useEffect, useState } from 'react';

/** The time, again every `every_ms`; null stands still. */
export function useNow(every_ms: number | null = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (every_ms === null) return;
    const timer = setInterval(() => setNow(Date.now()), every_ms);
    return () => clearInterval(timer);
  }, [every_ms]);
  return now;
}
