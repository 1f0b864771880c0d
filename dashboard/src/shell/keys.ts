/** What one or two keys do. */
export interface Binding {
  /** One key, or two after each other: `?`, `g r`. */
  keys: string;
  does: string;
  run: () => void;
}

/** A second key belongs to the first one for so long. */
const PAIR_MS = 1200;

/**
 * Follows keys one by one.
 * @returns what a key at a time does with those before it, or undefined
 */
export function keyFollower(): (key: string, at_ms: number, bindings: readonly Binding[]) => Binding | undefined {
  let first: { key: string; at_ms: number } | undefined;
  return (key, at_ms, bindings) => {
    const pair = first !== undefined && at_ms - first.at_ms < PAIR_MS ? `${first.key} ${key}` : undefined;
    const found = bindings.find(({ keys }) => keys === pair) ?? bindings.find(({ keys }) => keys === key);
    first = found === undefined ? { key, at_ms } : undefined;
    return found;
  };
}

/** Keys that are typed into a field, or held with Ctrl, Alt or the command key, are none of ours. */
export function isForPage(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return true;
  return !(target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.shadowRoot !== null);
}
