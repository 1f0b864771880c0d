/**
 * P values made fit for many tests at once: below q, at most a share q of those called different are expected to be none
 * (Benjamini & Hochberg 1995). In the order given; nulls stay and don't count.
 */
export function adjustForMany(p_values: ReadonlyArray<number | null>): Array<number | null> {
  const ordered = p_values.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((a, b) => b.p - a.p);
  const adjusted: Array<number | null> = p_values.map(() => null);
  let least = 1;
  for (const [i, { p, at }] of ordered.entries()) {
    least = Math.min(least, (p * ordered.length) / (ordered.length - i));
    adjusted[at] = least;
  }
  return adjusted;
}
