/** Shorter beginnings of a commit's name could be of several. */
const SHORTEST_COMMIT = 7;

/** Whether two names are of one commit: equal, or one is the beginning of the other. */
export function isSameCommit(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  if (a.length === b.length || Math.min(a.length, b.length) < SHORTEST_COMMIT) return false;
  return a.startsWith(b) || b.startsWith(a);
}
