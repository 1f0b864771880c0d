import { CHECKPOINTS_BUCKET, checkpoint, checkpointKey } from '@benchwire/shared/contracts/checkpoint.ts';
import type { OutcomeResults } from '@benchwire/shared/contracts/outcome.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { Kvm } from '@nats-io/kv';

/** Tasks that are looked up; each costs a question. */
const MOST = 50;

/** What tasks that are not over have measured so far, by task id; nothing where nobody has kept anything. */
export async function partialResults(
  nats: NatsConnection,
  run_id: string,
  task_ids: readonly string[],
): Promise<Map<string, OutcomeResults>> {
  const found = new Map<string, OutcomeResults>();
  if (task_ids.length === 0) return found;
  try {
    const bucket = await new Kvm(nats).open(CHECKPOINTS_BUCKET, { allow_direct: false });
    const entries = await Promise.all(
      task_ids
        .slice(0, MOST)
        .map(async (task_id) => [task_id, await bucket.get(checkpointKey({ run_id, task_id }))] as const),
    );
    for (const [task_id, entry] of entries) {
      const parsed = entry?.operation === 'PUT' ? parseJson(checkpoint, entry.value) : undefined;
      if (parsed?.ok === true && parsed.value.results !== undefined) found.set(task_id, parsed.value.results);
    }
  } catch {
    // No worker has ever made the bucket, or it is away: the rest of what is shown does not need it.
  }
  return found;
}
