/**
 * How many insertions, deletions, replacements and swaps of neighbours turn one word into the other
 * (optimal string alignment; Boytsov 2011, 2.2). For short words: O(n m).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The names that may have been meant, nearest first: few edits away, or one contains the other. */
export function nearNames(wrong: string, names: readonly string[]): string[] {
  const word = wrong.toLowerCase();
  const rated = names.map((name) => {
    const other = name.toLowerCase();
    const contained = word.length >= 3 && (other.includes(word) || (other.length >= 3 && word.includes(other)));
    const distance = editDistance(word, other);
    return {
      name,
      rating: contained ? Math.min(distance, 1) : distance,
      near: contained || distance <= other.length / 3,
    };
  });
  return rated
    .filter(({ near }) => near)
    .sort((x, y) => x.rating - y.rating || (x.name < y.name ? -1 : 1))
    .map(({ name }) => name);
}

/** ` Did you mean "a" or "b"?`, or nothing when nothing is near. Begins with a blank, to be put behind a sentence. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = nearNames(word.slice(0, 64), [...names]).slice(0, 2);
  return near.length === 0 ? '' : ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
}

/** The name that a word is taken for when it was mistyped: one or two edits away. Undefined for a word of its own, also where it contains a name. */
export function slipOf(word: string, names: readonly string[]): string | undefined {
  return names.find((name) => name !== word && editDistance(word.slice(0, 64), name) <= Math.max(1, name.length / 4));
}
