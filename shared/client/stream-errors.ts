import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { UnreachableError } from '../runtime/errors.ts';
import { pause } from '../runtime/lifecycle.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { violationOf } from '../runtime/permission-violation.ts';
import { ClientError } from './errors.ts';
import { notAllowed } from './not-allowed.ts';

/**
 * What ends the reading of a stream, as this client's own error; undefined for what passes by itself: a server that is
 * away or restarts, a stream that isn't there yet.
 */
export function lastingError(nats: NatsConnection, error: unknown): Error | undefined {
  if (error instanceof ClientError) return error;
  const violation = violationOf(error);
  if (violation !== undefined) return notAllowed(violation);
  if (nats.isClosed()) {
    return new ClientError('CONNECTION_CLOSED', 'the connection to NATS was closed', { cause: error });
  }
  if (error instanceof JetStreamApiError && error.status === 400) {
    return new ClientError('REFUSED', `NATS does not give out that stream: ${error.message}`, { cause: error });
  }
  return isPassing(error) ? undefined : error instanceof Error ? error : new Error(String(error));
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError ||
    error instanceof errors.RequestError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    // Of the JetStream client: "JetStreamNotEnabled" while the server starts, and what a consumer says as it ends.
    (error instanceof Error && error.name.startsWith('JetStream'))
  );
}

const PATIENCE_MS = 15_000;
const AGAIN_MS = 200;

/**
 * Asks the server something, again while it is away.
 * @throws UnreachableError when that takes too long; else as `lastingError`
 */
export async function askServer<T>(nats: NatsConnection, signal: AbortSignal, question: () => Promise<T>): Promise<T> {
  const give_up_at = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await question();
    } catch (error) {
      const lasting = lastingError(nats, error);
      if (lasting !== undefined) throw lasting;
      if (Date.now() > give_up_at || signal.aborted) {
        throw new UnreachableError('NATS is away, or its JetStream does not answer. Is the server running?', error);
      }
      await pause(AGAIN_MS, signal);
    }
  }
}
