/** A source of uniform numbers in [0, 1). Passed in wherever chance decides, so that a seed repeats it. */
export type Random = () => number;

/**
 * A seeded generator: sfc32 (Chris Doty-Humphrey's Small Fast Counter, of PractRand), 128 bits of state, which is
 * filled from the 32-bit seed by splitmix32. Equal seeds give equal sequences on every platform. Not for secrets.
 */
export function createRandom(seed: number): Random {
  let mixer = seed | 0;
  const splitmix32 = (): number => {
    mixer = (mixer + 0x9e3779b9) | 0;
    let z = mixer ^ (mixer >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = splitmix32();
  let b = splitmix32();
  let c = splitmix32();
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  // The reference implementation drops the first outputs, so that near seeds are far apart.
  for (let i = 0; i < 12; i++) next();
  return next;
}
