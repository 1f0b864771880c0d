/** Takes out of a map or set what was added longest ago, one entry, where it has more than `most`. Called after each addition. */
export function forgetOldest<K>(entries: Map<K, unknown> | Set<K>, most: number): void {
  if (entries.size <= most) return;
  for (const key of entries.keys()) {
    entries.delete(key);
    return;
  }
}
