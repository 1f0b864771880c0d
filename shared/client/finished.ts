import type { RunRow } from '../contracts/rows.ts';
import { pause } from '../runtime/lifecycle.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { query } from './query.ts';

const FIRST_MS = 50;
const MAX_MS = 1000;

/**
 * Waits until a run is over and everything that it measured can be queried. The streams tell of its end a moment
 * earlier (`watch`); this is for anyone who goes on with queries.
 * @returns the run with its counts
 * @throws as `query` does; the signal's reason when it aborts
 */
export async function finished(nats: NatsConnection, run_id: string, signal?: AbortSignal): Promise<RunRow> {
  for (let wait_ms = FIRST_MS; ; wait_ms = Math.min(MAX_MS, wait_ms * 2)) {
    signal?.throwIfAborted();
    const [run] = (await query(nats, 'run', { run_id })).rows;
    if (run?.state === 'finished') return run;
    await pause(wait_ms, signal);
  }
}
