import type { ActRequest } from '@benchwire/shared/contracts/anomaly.ts';
import type { Finding, FindingState } from '@benchwire/shared/contracts/finding.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { revise } from './finding-book.ts';

const STATE_AFTER: Record<Exclude<ActRequest['action'], 'link'>, FindingState> = {
  acknowledge: 'acknowledged',
  dismiss: 'dismissed',
  reopen: 'confirmed',
};

/** The finding after somebody's decision, or why that is not possible. */
export function decided(finding: Finding, act: ActRequest, now: Date): Finding | Issue {
  const { action, by, reason, link } = act;
  if (action === 'link') {
    if (link === undefined) return { path: 'link', code: 'missing', message: 'say where to link' };
    return revise(finding, now, { links: [...new Set([...finding.links, link])].slice(-50) });
  }
  const state = STATE_AFTER[action];
  if (finding.state === state) {
    return { path: 'action', code: 'no_change', message: `finding ${finding.finding_id} is ${state} already` };
  }
  const links = link === undefined ? finding.links : [...new Set([...finding.links, link])];
  return revise(finding, now, { links }, { state, by, reason });
}
