import type { WatchedStream } from '@benchwire/shared/client/watched.ts';

/** A message as it goes out, written once for all who hear it. */
export interface Told {
  stream: WatchedStream;
  sequence: number;
  /** The frame without its beginning, which names the subscription: `"topic":…}`. */
  tail: string;
}

/** The last sequence told, of each stream. */
export type Position = Partial<Record<WatchedStream, number>>;
