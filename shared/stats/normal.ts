import type { Random } from './random.ts';

/** A standard normal number, by Box and Muller (1958); takes two uniform ones. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
