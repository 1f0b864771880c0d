/** Visits beyond chance from which on a level is one that the series jumps to. */
export const KNOWN_MODE = 2;

/** Fewest neighbouring values that make a visit: two by chance are common, three are not. */
const VISIT_LENGTH = 3;

/**
 * How often a series has been at a level before: runs of values nearer to it than to the level it would come from. As
 * many runs on the opposite side of that level are chance, and taken off.
 *
 * @param values - the series up to the change
 * @param from - the level before the change
 * @param to - the level after it
 * @param noise - one standard deviation within a level
 * @returns visits beyond chance, 0 where there were none
 */
export function visitsTo(values: Float64Array, from: number, to: number, noise: number): number {
  const reach = Math.max(1.5 * noise, Math.abs(to - from) / 4);
  const there = countRuns(values, (value) => Math.abs(value - to) <= reach && isBeyond(value, from, to));
  const mirrored = 2 * from - to;
  const opposite = countRuns(values, (value) => Math.abs(value - mirrored) <= reach && isBeyond(value, from, mirrored));
  return Math.max(0, there - 2 * opposite);
}

/** Nearer to `to` than to `from`. */
function isBeyond(value: number, from: number, to: number): boolean {
  return Math.abs(value - to) < Math.abs(value - from);
}

function countRuns(values: Float64Array, belongs: (value: number) => boolean): number {
  let runs = 0;
  let length = 0;
  for (const value of values) {
    length = belongs(value) ? length + 1 : 0;
    if (length === VISIT_LENGTH) runs++;
  }
  return runs;
}
