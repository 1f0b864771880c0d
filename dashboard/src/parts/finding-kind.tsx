import type { FindingKind } from '@benchwire/shared/contracts/finding.ts';
import { IconAlertTriangleFilled, IconCircleCheck, IconInfoCircle, type IconProps } from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import { formatPercentChange } from '../format/numbers.ts';

/** How each kind of finding looks: a sign, a word and a colour, so that worse and better are never taken for each other. */
const LOOKS: Partial<Record<FindingKind, { icon: ComponentType<IconProps>; tone: string; word: string }>> = {
  regression: { icon: IconAlertTriangleFilled, tone: 'failed', word: 'worse' },
  improvement: { icon: IconCircleCheck, tone: 'completed', word: 'better' },
};
const OTHER = { icon: IconInfoCircle, tone: 'waiting', word: '' };

/** Of its colour; regressions and improvements have one of their own. */
export const toneOfKind = (kind: FindingKind): string => (LOOKS[kind] ?? OTHER).tone;

/** A finding's kind: sign and word. */
export function FindingKindText({ kind }: { kind: FindingKind }): ReactNode {
  const { icon: Icon, tone } = LOOKS[kind] ?? OTHER;
  return (
    <span className="bw-status" data-tone={tone}>
      <Icon size={15} aria-hidden />
      {kind}
    </span>
  );
}

/** By how much a value changed, and whether that is worse or better: `+38.6 % worse`. */
export function FindingChange({ kind, percent }: { kind: FindingKind; percent: number | null }): ReactNode {
  const { tone, word } = LOOKS[kind] ?? OTHER;
  return (
    <strong className="bw-status" data-tone={tone}>
      {formatPercentChange(percent)} {word}
    </strong>
  );
}
