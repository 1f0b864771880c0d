import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import type { ReactNode } from 'react';

const PARTS = ['completed', 'failed', 'timed_out', 'lost', 'cancelled', 'running'] as const;

type Counts = Pick<RunRow, (typeof PARTS)[number] | 'total' | 'waiting'>;

/** How many of a run's tasks are over, and how: one bar with a part for each state. */
export function RunProgress({ counts, width }: { counts: Counts; width?: number }): ReactNode {
  const over = counts.total - counts.waiting - counts.running;
  const text = PARTS.filter((part) => counts[part] > 0).map((part) => `${counts[part]} ${part.replace('_', ' ')}`);
  const label = [`${over} of ${counts.total} tasks done`, ...text].join(', ');
  return (
    <span className="bw-progress" title={label}>
      <span className="bw-bar" role="img" aria-label={label} style={{ width }}>
        {PARTS.map((part) => (
          <span
            key={part}
            style={{ width: `${(100 * counts[part]) / Math.max(1, counts.total)}%`, background: `var(--bw-${part})` }}
          />
        ))}
      </span>
      <span className="bw-progress-text">
        {over}/{counts.total}
      </span>
    </span>
  );
}
