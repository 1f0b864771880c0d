import type { AttemptKey } from '../contracts/ids.ts';
import { workerCommandReply, workerCommandSubject } from '../contracts/worker.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { ask } from './ask.ts';

/** Bytes of a log that came last, and what to ask with for those behind them. */
export interface LogPiece {
  bytes: Uint8Array;
  next: number;
}

/**
 * What an attempt that runs, or that ended within the last seconds, has printed behind the first `after` bytes: whole lines.
 * @returns undefined where that worker does not run it, or is older than 0.6
 * @throws UnreachableError when the worker does not answer; ClientError NOT_ALLOWED for a user who may not command workers
 */
export async function liveLog(
  nats: NatsConnection,
  worker_id: string,
  key: AttemptKey,
  after: number,
): Promise<LogPiece | undefined> {
  const { run_id, task_id, attempt } = key;
  const question = { command: 'logs', run_id, task_id, attempt, after };
  const reply = await ask(nats, workerCommandSubject(worker_id), question, workerCommandReply, {
    service: `worker ${worker_id}`,
    reads_only: true,
    timeout_ms: 5000,
    patience_ms: 0,
  });
  if (!reply.ok || reply.logs === undefined) return undefined;
  return { bytes: Buffer.from(reply.logs.text, 'base64'), next: reply.logs.next };
}
