import type { FindingState } from '@benchwire/shared/contracts/finding.ts';
import type { ReactNode } from 'react';
import { STATES } from './finding-states.ts';

/** A finding's state with what it means as its tooltip. */
export function FindingStateText({ state }: { state: FindingState }): ReactNode {
  const { tone, meaning } = STATES[state];
  return (
    <span className="bw-status" data-tone={tone} title={meaning}>
      {state.replace('_', ' ')}
    </span>
  );
}
