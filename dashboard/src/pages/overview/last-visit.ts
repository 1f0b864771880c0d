/** What the browser keeps of visits: when the page was last seen, and what counts as new since. Times in milliseconds. */
export interface Visit {
  /** The end of the visit before this one; null on the first. */
  since_ms: number | null;
  seen_ms: number;
}

/** The page is left alone for so long, and looking at it again is another visit. */
const PAUSE_MS = 30 * 60_000;

/** The visit that goes on, or begins, when the page is looked at. Pure. */
export function visitAt(stored: Visit | null, now_ms: number): Visit {
  if (stored === null) return { since_ms: null, seen_ms: now_ms };
  const is_new = now_ms - stored.seen_ms > PAUSE_MS;
  return { since_ms: is_new ? stored.seen_ms : stored.since_ms, seen_ms: now_ms };
}

/** What was stored, or null where it can not be read or lies in the future. */
export function readVisit(text: string | null, now_ms: number): Visit | null {
  const isTime = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= now_ms;
  try {
    const { since_ms, seen_ms } = JSON.parse(text ?? '') as Partial<Visit>;
    if (!isTime(seen_ms)) return null;
    return { since_ms: isTime(since_ms) ? since_ms : null, seen_ms };
  } catch {
    return null;
  }
}
