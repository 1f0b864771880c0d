import { matchesPattern } from '@benchwire/shared/contracts/name-pattern.ts';
import type { Label, Labels } from '@benchwire/shared/contracts/notify.ts';
import type { ConnectorName, Receiver } from '@benchwire/shared/contracts/notify-receiver.ts';
import { groupKeys } from './group.ts';

/** How messages to a kind of other side come about. */
interface Traits {
  /** It edits what it has sent; others say it once more. */
  edits: boolean;
  /**
   * What is one message. `shared`: what shares a pool or a commit, or as `group_by` says. `commit`: what is about one commit or pull request.
   * `incident`: what belongs to one incident. `alert`: every alert alone, since the other side groups.
   */
  groups: 'shared' | 'commit' | 'incident' | 'alert';
  /** It takes an alert for ended that is not sent again every minute. */
  forgets?: true;
}

export const TRAITS: Readonly<Record<ConnectorName, Traits>> = {
  webhook: { edits: true, groups: 'shared' },
  slack: { edits: true, groups: 'shared' },
  teams: { edits: false, groups: 'shared' },
  email: { edits: false, groups: 'shared' },
  github: { edits: true, groups: 'commit' },
  gitlab: { edits: true, groups: 'commit' },
  bitbucket: { edits: true, groups: 'commit' },
  azure_devops: { edits: true, groups: 'commit' },
  jira: { edits: true, groups: 'incident' },
  testrail: { edits: true, groups: 'alert' },
  alertmanager: { edits: true, groups: 'alert', forgets: true },
  plugin: { edits: true, groups: 'shared' },
};

/** Whether an alert has a place there at all: a commit's check needs a commit, of that repository; a result a case. Pure. */
export function takes(receiver: Receiver, labels: Labels): boolean {
  if (receiver.connector === 'testrail') return caseOf(receiver, labels) !== undefined;
  if (TRAITS[receiver.connector].groups !== 'commit') return true;
  if (labels.commit === undefined) return false;
  const place = 'repository' in receiver ? receiver.repository : 'project' in receiver ? receiver.project : '';
  // A number names no repository.
  return labels.repository === undefined || /^\d+$/.test(place) || isRepository(labels.repository, place);
}

/** The case of TestRail that an alert is a result of. Pure. */
export function caseOf(
  { cases }: Pick<Extract<Receiver, { connector: 'testrail' }>, 'cases'>,
  labels: Labels,
): number | undefined {
  const { benchmark, metric = '' } = labels;
  if (benchmark === undefined) return undefined;
  return cases.find((each) => matchesPattern(benchmark, each.benchmark) && matchesPattern(metric, each.metric))
    ?.case_id;
}

/** Whether `https://github.com/acme/bench.git`, `git@github.com:acme/bench` or `acme/bench` is `acme/bench`. Pure. */
export function isRepository(written: string, name: string): boolean {
  const bare = written
    .trim()
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const wanted = name.toLowerCase();
  return bare === wanted || bare.endsWith(`/${wanted}`) || bare.endsWith(`:${wanted}`);
}

/** What an alert has to share with others to be in one message with them. Pure. */
export function keysFor(
  connector: ConnectorName,
  { alert_id, labels, group_by }: { alert_id: string; labels: Labels; group_by: readonly Label[] | undefined },
): string[] {
  const { groups } = TRAITS[connector];
  switch (groups) {
    case 'shared':
      return groupKeys(labels, group_by);
    case 'commit':
      return groupKeys(labels, ['commit', 'pull_request']);
    case 'incident':
      return [labels.incident === undefined ? `alert=${alert_id}` : `incident=${labels.incident}`];
    case 'alert':
      return [`alert=${alert_id}`];
    default:
      return groups satisfies never;
  }
}

/** What messages are put together at the other side: the pull request's comment has all of its commits. Pure. */
export function placesOf(connector: ConnectorName, group: readonly string[], labels: Labels): string[] {
  const { groups } = TRAITS[connector];
  if (groups === 'shared' || groups === 'alert') return [];
  if (groups === 'incident') return [...group];
  const { commit, pull_request } = labels;
  return [
    ...(commit === undefined ? [] : [`commit=${commit}`]),
    ...(pull_request === undefined ? [] : [`pull_request=${pull_request}`]),
  ];
}
