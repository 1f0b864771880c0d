import type { Finding } from '@benchwire/shared/contracts/finding.ts';
import { revise } from './finding-book.ts';

const OVER: ReadonlySet<Finding['state']> = new Set(['went_away', 'dismissed']);
const MARK = 'the run with its first bad point was deleted; later runs show it, too';

/**
 * A finding after the run with its first bad point was deleted: withdrawn where nothing else shows it, or nothing has settled it
 * yet (the points that stay will say so again); else it stays, and its history says what is missing.
 * @param shows_elsewhere - points of other runs lie behind the first bad one
 * @returns undefined where that is said already, or nothing is left to say
 */
export function withoutItsRun(finding: Finding, shows_elsewhere: boolean, now: Date): Finding | undefined {
  const { state, history } = finding;
  if (OVER.has(state) || history.some(({ reason }) => reason === MARK)) return undefined;
  if (shows_elsewhere && state !== 'suspected') return revise(finding, now, {}, { state, by: 'anomaly', reason: MARK });
  const reason = 'the run that showed it was deleted';
  return revise(finding, now, {}, { state: 'went_away', by: 'anomaly', reason });
}
