import type { Label, Labels } from '@benchwire/shared/contracts/notify.ts';

/** Keys that a message remembers: enough to find what belongs to it. */
const MAX_KEYS = 64;

/**
 * What an alert has in common with others: with `group_by` their values together, else its commit, its pool, or, where it has neither, its
 * kind. What shares one of them is one message: a bad commit on many devices, and a bad device over many commits. Pure.
 */
export function groupKeys(labels: Labels, group_by: readonly Label[] | undefined): string[] {
  if (group_by !== undefined) return [group_by.map((label) => `${label}=${labels[label] ?? ''}`).join(' ')];
  const shared = (['pool', 'commit'] as const).flatMap((label) =>
    labels[label] === undefined ? [] : [`${label}=${labels[label]}`],
  );
  return shared.length > 0 ? shared : [`kind=${labels.kind ?? ''}`];
}

export interface Group<T> {
  members: T[];
  keys: string[];
}

/** Puts together what shares a key, also by way of others. In the order of the first members. Pure. */
export function groupsOf<T>(members: readonly T[], keysOf: (member: T) => readonly string[]): Group<T>[] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let above = parent.get(root); above !== undefined && above !== root; above = parent.get(root)) root = above;
    parent.set(key, root);
    return root;
  };
  for (const member of members) {
    const [first = '', ...others] = keysOf(member);
    for (const other of others) parent.set(rootOf(other), rootOf(first));
    rootOf(first);
  }
  const groups = new Map<string, { members: T[]; keys: Set<string> }>();
  for (const member of members) {
    const keys = keysOf(member);
    const root = rootOf(keys[0] ?? '');
    const group = groups.get(root) ?? { members: [], keys: new Set<string>() };
    groups.set(root, group);
    group.members.push(member);
    for (const key of keys) group.keys.add(key);
  }
  return [...groups.values()].map((group) => ({ members: group.members, keys: [...group.keys].slice(0, MAX_KEYS) }));
}
