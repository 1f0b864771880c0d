/**
 * Row versions. ReplacingMergeTree keeps the row with the highest version, so the order that counts is put into a
 * number that depends on the message alone: any interleaving and any redelivery end in the same row.
 */

const ORDER_BITS = 52n;
const LAST_ORDER = 2 ** 52 - 1;
/** Ten bits of a task's version: more attempts than any retry policy allows. */
export const MAX_ATTEMPT = 1023;

/**
 * A message's place in its stream: the server's time in milliseconds, then the sequence within it. Unlike the bare
 * sequence it goes on growing when a stream is made anew. Below 2^52 until the year 2109.
 */
export function streamOrder(message: { stored_at: Date; sequence: number }): number {
  return message.stored_at.getTime() * 1024 + (message.sequence % 1024);
}

/** The same of a message as the client gives it. */
export function placeOf({ time, seq }: { time: Date; seq: number }): number {
  return streamOrder({ stored_at: time, sequence: seq });
}

/** When the server stored the message at this place, milliseconds since 1970. */
export function storedAtMs(order: number): number {
  return Math.floor(order / 1024);
}

/** A version that is higher the earlier the message came. */
export function firstWins(order: number): number {
  return LAST_ORDER - order;
}

/** The highest revision of a finding wins, and the first word where two say the same one. */
export function findingVersion(revision: number, order: number): number {
  return revision === 0 ? firstWins(order) : LAST_ORDER + revision;
}

/** The last decision about a run wins; a deletion wins over every other, however late those come. */
export function markVersion(state: 'active' | 'archived' | 'deleted', order: number): number {
  return state === 'deleted' ? LAST_ORDER + 1 : order;
}

/** What a task's row can say, the weakest first, within one attempt. */
const RANKS = { waiting: 0n, replaced: 1n, running: 2n, ended: 3n } as const;
export type TaskStep = keyof typeof RANKS;

/**
 * (attempt, step, stream) as one UInt64, in decimal: a higher attempt beats a lower one, an outcome beats running beats
 * waiting, of two outcomes the first wins, of two starts the last.
 */
export function taskVersion(attempt: number, step: TaskStep, order: number): string {
  const low = step === 'ended' ? firstWins(order) : order;
  return ((((BigInt(Math.min(attempt, MAX_ATTEMPT)) << 2n) | RANKS[step]) << ORDER_BITS) | BigInt(low)).toString();
}
