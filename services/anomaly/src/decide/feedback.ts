import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';

/** What people have said of the findings of a metric on a pool. */
export interface Judged {
  acknowledged: number;
  dismissed: number;
}

/** As if somebody had agreed with four findings and not with one: nothing moves before people have said more. */
const PRIOR: Judged = { acknowledged: 4, dismissed: 1 };
const MIN_FACTOR = 0.8;
const MAX_FACTOR = 2;

/**
 * What the limits are multiplied with: more where people dismiss much, less where they agree, within bounds. 1 without a word.
 */
export function thresholdFactor({ acknowledged, dismissed }: Judged): number {
  const agreed = acknowledged + PRIOR.acknowledged;
  const precision = agreed / (agreed + dismissed + PRIOR.dismissed);
  const usual = PRIOR.acknowledged / (PRIOR.acknowledged + PRIOR.dismissed);
  return Math.max(MIN_FACTOR, Math.min(MAX_FACTOR, usual / precision));
}

/** The limits where people's feedback counts, as the detector has them. */
export function withFeedback<S extends { single: { threshold: number }; levels: DetectorSettings }>(
  settings: S,
  judged: Judged,
): S {
  const factor = thresholdFactor(judged);
  const { single, levels } = settings;
  return {
    ...settings,
    single: { ...single, threshold: single.threshold * factor },
    levels: { ...levels, least_tail_z: levels.least_tail_z * factor },
  };
}
