/**
 * Splits a sequence into stretches of one level each: the least sum of squared distances from the stretches' means plus
 * `penalty` for each change (optimal partitioning, pruned: PELT, Killick, Fearnhead and Eckley 2012).
 *
 * @param values - cleaned values, in units of their own noise
 * @param penalty - what a change must save
 * @param min_length - fewest values of a stretch
 * @returns where each stretch but the first begins, ascending
 */
export function segment(values: Float64Array, penalty: number, min_length: number): number[] {
  const n = values.length;
  if (n < 2 * min_length) return [];
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    sums[i + 1] = (sums[i] as number) + value;
    squares[i + 1] = (squares[i] as number) + value * value;
  }
  const cost = (from: number, to: number): number => {
    const sum = (sums[to] as number) - (sums[from] as number);
    return (squares[to] as number) - (squares[from] as number) - (sum * sum) / (to - from);
  };
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(n + 1);
  best[0] = -penalty;
  let starts: number[] = [0];
  for (let end = min_length; end <= n; end++) {
    const entering = end - min_length;
    if (entering >= min_length) starts.push(entering);
    let least = Number.POSITIVE_INFINITY;
    let from = 0;
    for (const start of starts) {
      const total = (best[start] as number) + cost(start, end) + penalty;
      if (total < least) {
        least = total;
        from = start;
      }
    }
    best[end] = least;
    previous[end] = from;
    // A start that is worse by a whole penalty stays worse. The newest may be too short to tell yet.
    starts = starts.filter((start) => (best[start] as number) + cost(start, end) <= least);
  }
  const changes: number[] = [];
  for (let end = previous[n] as number; end > 0; end = previous[end] as number) changes.push(end);
  return changes.reverse();
}
