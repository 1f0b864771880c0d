/** Repetitions that are all off by chance less often than this show a change. */
const CHANCE = 0.002;
/** An excursion counts from so much of a change's size. */
const AS_FAR = 0.7;

/** Which way a change goes: up, down, or whichever way is the harder to tell. */
export type Side = 1 | -1 | 0;

/**
 * Chance that the middle of `runs` values lies as far off as `distance` without any change, as the series itself shows: how often
 * its values were as far off their level, and how often the next one was, too. Noise with spikes, or that stays where it is for
 * a while, is no normal distribution, and no multiple of its usual size bounds it.
 *
 * @param around - distances of the earlier values from their levels, in their order
 */
export function chanceOfExcursion(around: Float64Array, distance: number, runs: number, side: Side): number {
  if (side === 0)
    return Math.max(chanceOfExcursion(around, distance, runs, 1), chanceOfExcursion(around, distance, runs, -1));
  const far = distance * AS_FAR;
  let times = 0;
  let followed = 0;
  let wasOff = false;
  for (const value of around) {
    const isOff = value * side >= far;
    if (isOff) times++;
    if (isOff && wasOff) followed++;
    wasOff = isOff;
  }
  if (times === 0) return 0;
  const first = times / around.length;
  // Of few excursions nobody knows how long they last: as if two more had been seen, of which one went on (Laplace's rule).
  const next = Math.max(first, (followed + 1) / (times + 2));
  // More than half of the runs have to be off for their middle to be.
  const needed = (runs >> 1) + 1;
  return first * next ** (needed - 1);
}

/** Distance from the level that the series has reached too often by itself for `runs` values to show a change there. */
export function excursionLimit(around: Float64Array, runs: number, side: Side): number {
  const known = limits.get(around)?.get(`${runs} ${side}`);
  if (known !== undefined) return known;
  const limit = searchLimit(around, runs, side);
  if (!limits.has(around)) limits.set(around, new Map());
  limits.get(around)?.set(`${runs} ${side}`, limit);
  return limit;
}

/** Of one series the same limits are needed for each size of change that is looked for. */
const limits = new WeakMap<Float64Array, Map<string, number>>();

function searchLimit(around: Float64Array, runs: number, side: Side): number {
  const sizes = around.map((value) => (side === 0 ? Math.abs(value) : value * side)).filter((value) => value > 0);
  sizes.sort();
  let low = 0;
  let high = sizes.length;
  // The chance falls with the distance: the largest excursion at which it is still too great is the limit.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chanceOfExcursion(around, (sizes[middle] as number) / AS_FAR, runs, side) < CHANCE) high = middle;
    else low = middle + 1;
  }
  return low === 0 ? 0 : (sizes[low - 1] as number) / AS_FAR;
}

/** Without the values at the end that are off like a change is: they are its beginning, and no excursion that came to an end. */
export function withoutItsBeginning(around: Float64Array, change: number): Float64Array {
  if (change === 0) return around;
  let n = around.length;
  while (n > 0 && (around[n - 1] as number) * Math.sign(change) >= Math.abs(change) * AS_FAR) n--;
  return around.subarray(0, n);
}
