import { hostname } from 'node:os';
import { workerCommandReply, workerPingSubject } from '@benchwire/shared/contracts/worker.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { defaultWorkerId } from './decide/worker-id.ts';

const PING_MS = 1000;
const MAX_WORKERS_PER_HOST = 1000;

/** The boot id of the process that answers to a worker id now, or undefined when none does. */
async function whoAnswers(nats: NatsConnection, worker_id: string): Promise<string | undefined> {
  try {
    const reply = await nats.request(workerPingSubject(worker_id), JSON.stringify({ command: 'ping' }), {
      timeout: PING_MS,
    });
    const parsed = parseJson(workerCommandReply, reply.data);
    return (parsed.ok ? parsed.value.boot_id : undefined) ?? 'unknown';
  } catch {
    // Nobody subscribes to it, or the one that did is gone or frozen: the id may be taken over.
    return undefined;
  }
}

/**
 * The id that this process goes by: the configured one, or `worker-<hostname>`, then `worker-<hostname>-2`, … whichever
 * no running process has. So it is the same after a restart, and differs between workers of one machine.
 * @throws BenchwireError WORKER_ID_TAKEN when another process runs under the configured id
 */
export async function chooseWorkerId(nats: NatsConnection, configured: string | undefined): Promise<string> {
  if (configured !== undefined) {
    if ((await whoAnswers(nats, configured)) === undefined) return configured;
    throw new BenchwireError(
      'WORKER_ID_TAKEN',
      `another process runs as worker "${configured}" already: stop it, or give this one another WORKER_ID`,
    );
  }
  for (let number = 1; number <= MAX_WORKERS_PER_HOST; number++) {
    const candidate = defaultWorkerId(hostname(), number);
    if ((await whoAnswers(nats, candidate)) === undefined) return candidate;
  }
  throw new BenchwireError('WORKER_ID_TAKEN', 'no free worker id is left on this machine: set WORKER_ID');
}
