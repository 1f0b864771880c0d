import type { StoredVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import type { ReactNode } from 'react';

const SIGNS = {
  pass: { icon: IconCircleCheck, tone: 'completed' },
  warn: { icon: IconAlertTriangle, tone: 'timed_out' },
  fail: { icon: IconCircleX, tone: 'failed' },
} as const;

/** The outcome of a run's verdict as a sign and a word; the summary says why. */
export function VerdictMark({ verdict }: { verdict: Pick<StoredVerdict, 'outcome' | 'summary'> | null }): ReactNode {
  if (verdict === null) return <span className="bw-dim">–</span>;
  const { icon: Icon, tone } = SIGNS[verdict.outcome];
  return (
    <span className="bw-status" data-tone={tone} title={verdict.summary}>
      <Icon size={15} stroke={2} aria-hidden />
      {verdict.outcome}
    </span>
  );
}
