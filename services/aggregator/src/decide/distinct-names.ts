/**
 * `SELECT 1, 1` has two columns called 1; in a row each needs its own name: the first keeps its own, the others get a
 * number that no other column has. Each name remembers its last number, so the time grows with the number of columns only.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const used = new Set<string>();
  const next = new Map<string, number>();
  return names.map((name) => {
    if (!used.has(name)) {
      used.add(name);
      return name;
    }
    let number = next.get(name) ?? 2;
    while (taken.has(`${name}_${number}`)) number++;
    next.set(name, number + 1);
    const distinct = `${name}_${number}`;
    taken.add(distinct);
    return distinct;
  });
}
