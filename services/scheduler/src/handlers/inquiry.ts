import { workerCommandSubject } from '@benchwire/shared/contracts/worker.ts';
import { isNobodyThere, type NatsConnection } from '@benchwire/shared/runtime/nats.ts';

const ANSWER_MS = 1000;
/** A whole site that is gone must not mean thousands of questions at once; the silence tells of the others. */
const MAX_AT_ONCE = 200;

/**
 * Asks after workers that have fallen silent. The server knows at once when one has no connection any more, so a
 * killed process need not be waited for; one that is connected and silent is left to its heartbeats.
 */
export function createInquiry(
  nats: NatsConnection,
  onGone: (worker_id: string) => void,
): (quiet: readonly string[]) => void {
  const asking = new Set<string>();
  const ask = async (worker_id: string): Promise<void> => {
    asking.add(worker_id);
    try {
      await nats.request(workerCommandSubject(worker_id), '{"command":"ping"}', { timeout: ANSWER_MS });
    } catch (error) {
      if (isNobodyThere(error)) onGone(worker_id);
    } finally {
      asking.delete(worker_id);
    }
  };
  return (quiet) => {
    for (const worker_id of quiet) {
      if (asking.size >= MAX_AT_ONCE) return;
      if (!asking.has(worker_id)) void ask(worker_id);
    }
  };
}
