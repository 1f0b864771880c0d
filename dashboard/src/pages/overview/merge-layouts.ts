import type { Layout, PlacedPanel } from './layout.ts';

/** A panel, and the name that it has in every version of its layout: what it shows, and how many such panels are before it. */
interface Named {
  key: string;
  panel: PlacedPanel;
}

/** What two people changed in different ways. A panel is undefined where that person removed it; both are where it is the order of panels. */
interface Conflict {
  panel: PlacedPanel | 'order';
  mine: PlacedPanel | undefined;
  theirs: PlacedPanel | undefined;
}

export interface MergedLayout {
  layout: Layout;
  /** Decided by `prefer`. */
  conflicts: Conflict[];
}

function named({ panels }: Layout): Named[] {
  const seen = new Map<string, number>();
  return panels.map((panel) => {
    const shown = JSON.stringify([panel.kind, panel.of, panel.metric]);
    const number = seen.get(shown) ?? 0;
    seen.set(shown, number + 1);
    return { key: `${shown} ${number}`, panel };
  });
}

/**
 * The changes of two people to one layout, together. Pure.
 * @param base - what both began with; without panels where that is not known: then whatever either has is kept
 * @param prefer - whose version is taken where both changed the same
 */
export function mergeLayouts(base: Layout, mine: Layout, theirs: Layout, prefer: 'mine' | 'theirs'): MergedLayout {
  const [b, m, t] = [named(base), named(mine), named(theirs)];
  const byKey = (list: readonly Named[]): Map<string, PlacedPanel> =>
    new Map(list.map(({ key, panel }) => [key, panel]));
  const [of_base, of_mine, of_theirs] = [byKey(b), byKey(m), byKey(t)];
  const kept = new Map<string, PlacedPanel>();
  const conflicts: Conflict[] = [];
  for (const key of new Set([...of_base.keys(), ...of_mine.keys(), ...of_theirs.keys()])) {
    const [was, my, their] = [of_base.get(key), of_mine.get(key), of_theirs.get(key)];
    const is_conflict = !isSame(my, was) && !isSame(their, was) && !isSame(my, their);
    const panel = is_conflict ? (prefer === 'mine' ? my : their) : isSame(my, was) ? their : my;
    const any = my ?? their;
    if (is_conflict && any !== undefined) conflicts.push({ panel: any, mine: my, theirs: their });
    if (panel !== undefined) kept.set(key, panel);
  }
  const order = mergedOrder(keysOf(b), keysOf(m), keysOf(t));
  if (order === undefined) conflicts.push({ panel: 'order', mine: undefined, theirs: undefined });
  const [own, other] = prefer === 'mine' ? [m, t] : [t, m];
  return {
    layout: { panels: (order ?? withAdded(keysOf(own), keysOf(other))).flatMap((key) => kept.get(key) ?? []) },
    conflicts,
  };
}

// What a panel shows is in its key.
const isSame = (one: PlacedPanel | undefined, other: PlacedPanel | undefined): boolean =>
  one?.columns === other?.columns;

const keysOf = (list: readonly Named[]): string[] => list.map(({ key }) => key);

/** Every panel of both, in the order of the one who changed it; undefined where both did, in different ways. */
function mergedOrder(base: string[], mine: string[], theirs: string[]): string[] | undefined {
  const isSameOrder = (one: readonly string[], other: readonly string[]): boolean => {
    const common = one.filter((key) => other.includes(key));
    const there = other.filter((key) => one.includes(key));
    return common.every((key, at) => key === there[at]);
  };
  if (isSameOrder(mine, theirs)) return withAdded(mine, theirs);
  if (isSameOrder(mine, base)) return withAdded(theirs, mine);
  if (isSameOrder(theirs, base)) return withAdded(mine, theirs);
  return undefined;
}

/** The list with what only the other has, each behind the panel that it follows there. */
function withAdded(list: readonly string[], other: readonly string[]): string[] {
  const order = [...list];
  for (const [at, key] of other.entries()) {
    if (order.includes(key)) continue;
    const before = other[at - 1];
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, key);
  }
  return order;
}
