import { z } from 'zod';
import { IMPORTED } from './imported.ts';

/**
 * How far a machine's clock is from that of the NATS server, which puts a time on every stored message: the time that all
 * of Benchwire orders by. Since 0.4.
 */
export const clockOffset = z.object({
  /** The machine's clock minus the server's: negative where it is slow. */
  offset_ms: z.number(),
  /** Half of the round trip that it was measured with: the offset may be wrong by so much. */
  uncertainty_ms: z.number().min(0),
});
export type ClockOffset = z.infer<typeof clockOffset>;

const DAY_MS = 86_400_000;

/** When an attempt ended. What another tool measured may be any while ago; what a worker measured is stored soon. */
export function plausibleEnd(
  { executor, finished_at }: { executor: string; finished_at: string },
  stored_at_ms: number,
): string {
  if (executor === IMPORTED && Date.parse(finished_at) <= stored_at_ms) return finished_at;
  return plausibleTime(finished_at, stored_at_ms);
}

/** What was written this long before it was stored is taken for what a wrong clock says: nothing waits longer to be stored. */
const MAX_WAIT_MS = 31 * DAY_MS;

/**
 * A time that somebody wrote, as far as the time at which the stream got it allows: nothing happens after it was stored.
 * @param stored_at_ms - by the server
 */
export function plausibleTime(written: string, stored_at_ms: number): string {
  const written_ms = Date.parse(written);
  const fits = written_ms <= stored_at_ms && written_ms >= stored_at_ms - MAX_WAIT_MS;
  return fits ? written : new Date(stored_at_ms).toISOString();
}
