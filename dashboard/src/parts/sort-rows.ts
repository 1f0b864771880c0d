type Value = string | number | boolean | null;

/** A sorted copy; nulls stand last both ways, texts go by number where they hold one (`t2` before `t10`). */
export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => Value, descending: boolean): Row[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((left, right) => {
    const [a, b] = [value(left), value(right)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === 'string' || typeof b === 'string') {
      return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
    }
    return sign * (Number(a) - Number(b));
  });
}
