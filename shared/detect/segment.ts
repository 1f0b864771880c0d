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
  const { sums, squares } = prefixSums(values);
  const best = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(n + 1);
  best[0] = -penalty;
  // Where the last stretch may begin, and what each of them costs at the end that is looked at.
  const starts = new Int32Array(n + 1);
  const costs = new Float64Array(n + 1);
  const dies = new Int32Array(n + 1);
  let count = 1;
  for (let end = min_length; end <= n; end++) {
    const entering = end - min_length;
    if (entering >= min_length) starts[count++] = entering;
    const sumAt = sums[end] as number;
    const squareAt = squares[end] as number;
    let least = Number.POSITIVE_INFINITY;
    let from = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      const sum = sumAt - (sums[start] as number);
      const cost = (best[start] as number) + squareAt - (squares[start] as number) - (sum * sum) / (end - start);
      costs[i] = cost;
      if (cost < least) {
        least = cost;
        from = start;
      }
    }
    least += penalty;
    best[end] = least;
    previous[end] = from;
    // A start that is worse than one here by a whole penalty stays worse, once a stretch from here on is long enough.
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i] as number;
      if ((costs[i] as number) > least && dies[start] === 0) dies[start] = end + min_length;
      if (dies[start] === 0 || end < (dies[start] as number)) starts[kept++] = start;
    }
    count = kept;
  }
  const changes: number[] = [];
  for (let end = previous[n] as number; end > 0; end = previous[end] as number) changes.push(end);
  return changes.reverse();
}

/** Sums of the values and of their squares up to each place: those of any stretch are a difference of two. */
export function prefixSums(values: Float64Array): { sums: Float64Array; squares: Float64Array } {
  const sums = new Float64Array(values.length + 1);
  const squares = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sums[i + 1] = (sums[i] as number) + value;
    squares[i + 1] = (squares[i] as number) + value * value;
  }
  return { sums, squares };
}
