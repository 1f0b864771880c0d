/** Kinds and states of findings. Without a schema: a page needs none for its filters. */
export const FINDING_KINDS = [
  'regression',
  'improvement',
  'change',
  'drift',
  'outlier',
  'failures',
  'unusual',
] as const;

/** `suspected` asks for its own confirmation; people acknowledge or dismiss; `went_away`: re-runs or later points did not show it. */
export const FINDING_STATES = ['suspected', 'confirmed', 'acknowledged', 'dismissed', 'went_away'] as const;
