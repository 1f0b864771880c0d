const READINGS = 200;

/** By how much two readings of the clock differ at least, where they differ. Browsers round it: 5 µs to 1 ms. */
export function clockStepMs(): number {
  let step = Number.POSITIVE_INFINITY;
  for (let i = 0; i < READINGS; i++) {
    const before = performance.now();
    let after = performance.now();
    while (after === before) after = performance.now();
    step = Math.min(step, after - before);
  }
  // A clock that counts in steps of 5 µs gives 4.9999 by the rounding of floating point.
  return Number(step.toPrecision(3));
}
