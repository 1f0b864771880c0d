/** Pools that are not to take a task now, each with the reason. */
export type Blocked = ReadonlyMap<string, string>;

/** Names the pools and leaves out the reasons; empty for none. */
export function blockedKey(blocked: Blocked | undefined): string {
  return blocked === undefined ? '' : ` not ${[...blocked.keys()].sort().join(' ')}`;
}
