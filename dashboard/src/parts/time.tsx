import type { ReactNode } from 'react';
import { formatAgo, formatTime, formatWholeTime } from '../format/times.ts';
import { useNow } from './use-now.ts';

/** `4 min ago`, kept right; the whole time in the tooltip. */
export function Ago({ at }: { at: string }): ReactNode {
  const now = useNow(5000);
  return (
    <time dateTime={at} title={formatWholeTime(at)}>
      {formatAgo(at, now)}
    </time>
  );
}

/** The clock time, with the day where it isn't today. */
export function At({ at }: { at: string }): ReactNode {
  return (
    <time dateTime={at} title={formatWholeTime(at)}>
      {formatTime(at, Date.now())}
    </time>
  );
}
