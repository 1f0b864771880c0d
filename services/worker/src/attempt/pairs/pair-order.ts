import { createHash } from 'node:crypto';
import { SIDES, type Side } from '@benchwire/shared/contracts/base.ts';

/**
 * Which side goes first in each pair: two pairs in a row mirror each other (head base, base head), so that what changes steadily with time, or
 * with which side goes first, cancels out; a coin for each such block keeps anything periodic from falling in with it.
 * @param seed - the same one always gives the same order
 */
export function firstSide(pair: number, seed: string): Side {
  const block = Math.floor(pair / 2);
  const coin = createHash('sha256').update(`${seed} ${block}`).digest()[0] as number;
  return SIDES[(coin + pair) % 2] as Side;
}
