import type { FindingState } from '@benchwire/shared/contracts/finding.ts';

/** What each state means, and how it is shown. */
export const STATES: Record<FindingState, { tone: string; meaning: string }> = {
  suspected: { tone: 'timed_out', meaning: 'waiting for re-runs or the next results to confirm it' },
  confirmed: { tone: 'failed', meaning: 'confirmed by re-runs or later results' },
  acknowledged: { tone: 'running', meaning: 'accepted as real and being handled' },
  dismissed: { tone: 'cancelled', meaning: 'dismissed with a reason' },
  went_away: { tone: 'cancelled', meaning: 'not reproduced by re-runs or later results' },
};
