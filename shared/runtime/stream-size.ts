import type { StreamDefinition } from '../contracts/streams.ts';

const MB = 1024 ** 2;

/** With less than this no stream is of any use. */
export const MIN_STORE_BYTES = 64 * MB;
const MIN_CAP_BYTES = 8 * MB;

/**
 * How large a stream with a cap may become where the disk is small: NATS sets the cap aside, and refuses what does not fit. All
 * caps together take at most half of the room; the other streams have no cap, and must not be refused. Pure.
 * @param store_bytes - room for all streams; undefined where nobody has said
 * @returns undefined for a stream without a cap
 */
export function cappedBytes(
  definition: StreamDefinition,
  all: readonly StreamDefinition[],
  store_bytes: number | undefined,
): number | undefined {
  const cap = capOf(definition);
  if (cap === undefined || store_bytes === undefined) return cap;
  const total = all.reduce((sum, each) => sum + (capOf(each) ?? 0), 0);
  const share = Math.floor((store_bytes / 2) * (cap / total));
  return Math.min(cap, Math.max(MIN_CAP_BYTES, share));
}

function capOf({ kept }: StreamDefinition): number | undefined {
  return kept === 'until_acked' ? undefined : kept.max_bytes;
}
