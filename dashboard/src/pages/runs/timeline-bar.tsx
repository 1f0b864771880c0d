import type { ReactNode } from 'react';
import { formatSeconds } from '../../format/numbers.ts';
import type { Stretch, TimeSpan } from './timeline.ts';

/** One task's stretches on the run's time axis. */
export function TimelineBar({ stretches, span }: { stretches: readonly Stretch[]; span: TimeSpan }): ReactNode {
  const whole_ms = Math.max(1, span.to_ms - span.from_ms);
  const percent = (ms: number): string => `${(100 * ms) / whole_ms}%`;
  return (
    <span className="bw-timeline" role="img" aria-label={stretches.map(describe).join(', ')}>
      {stretches.map((stretch) => (
        <span
          key={`${stretch.kind} ${stretch.from_ms}`}
          data-kind={stretch.kind}
          title={describe(stretch)}
          style={{ left: percent(stretch.from_ms - span.from_ms), width: percent(stretch.to_ms - stretch.from_ms) }}
        />
      ))}
    </span>
  );
}

function describe({ kind, attempt, from_ms, to_ms }: Stretch): string {
  const word = kind === 'retry' ? 'waiting for a retry' : kind.replace('_', ' ');
  const which = attempt !== null && attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${word}${which} ${formatSeconds((to_ms - from_ms) / 1000)}`;
}
