/** As many rows as a user asked for. @returns `more`: there are rows behind them */
export async function take<R>(rows: AsyncIterable<R>, limit: number): Promise<{ rows: R[]; more: boolean }> {
  const taken: R[] = [];
  for await (const row of rows) {
    if (taken.length >= limit) return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
}

/** Rows to ask for at once: one more than are wanted, which tells whether there are more. */
export function pageFor(limit: number): number {
  return Math.min(100_000, limit + 1);
}
