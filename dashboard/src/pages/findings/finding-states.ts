import type { FindingState } from '@benchwire/shared/contracts/finding.ts';

/** What each state means, and how it is shown. */
export const STATES: Record<FindingState, { tone: string; meaning: string }> = {
  suspected: { tone: 'timed_out', meaning: 'seen, and being confirmed by re-runs or by the next points' },
  confirmed: { tone: 'failed', meaning: 'held against the series and shown again' },
  acknowledged: { tone: 'running', meaning: 'somebody says that it is right, and looks after it' },
  dismissed: { tone: 'cancelled', meaning: 'somebody says that it is none, and why' },
  went_away: { tone: 'cancelled', meaning: 're-runs or later points did not show it' },
};
