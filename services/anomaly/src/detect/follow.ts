import { compareAt } from '@benchwire/shared/detect/boundary.ts';
import { countedInflation } from '@benchwire/shared/detect/levels.ts';
import type { DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import type { Change, Review } from './review.ts';

/** A finding about a level, as far as following it needs. */
export interface Known {
  /** Where the new level began, in the values that were reviewed. */
  index: number;
  direction: 1 | -1;
  isSuspected: boolean;
}

/** What a review changes about the findings of its series. */
export interface News<K extends Known> {
  /** Not known yet; those with the verdict `mode` are to be remembered, and are no finding. */
  found: Change[];
  confirmed: Array<{ known: K; change: Change }>;
  went_away: Array<{ known: K; reason: string }>;
}

/** Two reviews place the same change within so many values. */
const SAME_CHANGE = 5;
/** A change that is seen only after so many values is history: part of the levels, and no news. */
const NEWS_AFTER = 60;

export function directionOf(change: Change): 1 | -1 {
  return change.after.median >= change.before.median ? 1 : -1;
}

/** |z| of the rank test, and step over noise, at which the values after a suspected change still differ. */
const STILL_OFF_Z = 3;
const STILL_OFF_EFFECT = 1;

/** Holds a review of values against what is known of the series. */
export function follow<K extends Known>(
  known: readonly K[],
  review: Review,
  values: Float64Array,
  settings: DetectorSettings,
): News<K> {
  const n = values.length;
  const news: News<K> = { found: [], confirmed: [], went_away: [] };
  const seen = new Map<K, Change>();
  for (const change of review.changes) {
    const match = known.find(
      (each) => Math.abs(each.index - change.index) <= SAME_CHANGE && each.direction === directionOf(change),
    );
    if (match !== undefined) seen.set(match, change);
    else if (n - change.index <= NEWS_AFTER) news.found.push(change);
  }
  for (const each of known) {
    if (!each.isSuspected) continue;
    const change = seen.get(each);
    if (change?.verdict === 'confirmed') news.confirmed.push({ known: each, change });
    else if (change?.verdict === 'mode')
      news.went_away.push({
        known: each,
        reason: 'the series has been at this level before and jumps between several',
      });
    else if (
      change === undefined &&
      n - each.index > settings.min_segment + SAME_CHANGE &&
      !isStillOff(each, review, values, settings)
    )
      news.went_away.push({ known: each, reason: 'the points since then do not show it' });
  }
  return news;
}

/** A change may be hidden from the levels, by wild values for one, and still be seen by itself. */
function isStillOff({ index }: Known, { levels }: Review, values: Float64Array, settings: DetectorSettings): boolean {
  if (index <= 0) return false;
  const inflation = countedInflation(levels.autocorrelation, settings);
  const from = levels.boundaries.findLast((boundary) => boundary.index < index)?.index ?? 0;
  const { rank_z, effect_size } = compareAt(values, from, index, values.length, levels.scale, inflation, settings);
  return rank_z >= STILL_OFF_Z && effect_size >= STILL_OFF_EFFECT;
}
