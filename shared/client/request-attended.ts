import { errors } from '@nats-io/transport-node';
import { type NatsConnection, newInbox } from '../runtime/nats.ts';

/** What was answered. */
export interface Reply {
  data: Uint8Array;
}

/**
 * A request whose reply address is listened to only while somebody waits: who answers can see that nobody does any more
 * (services/aggregator/src/adapters/requester.ts). `nats.request` listens on one subject for all requests of a connection.
 * @throws as `nats.request` does; the signal's reason once it is aborted
 */
export async function requestAttended(
  nats: NatsConnection,
  subject: string,
  payload: string,
  timeout_ms: number,
  signal: AbortSignal,
): Promise<Reply> {
  signal.throwIfAborted();
  const inbox = newInbox(nats);
  return await new Promise<Reply>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      if (!nats.isClosed()) subscription.unsubscribe();
      finish();
    };
    const aborted = (): void => settle(() => reject(signal.reason));
    const subscription = nats.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error !== null) return settle(() => reject(error));
        // Somebody looks whether this is still waited for.
        if (message.subject !== `${inbox}.answer`) return;
        if (message.headers?.code === 503) return settle(() => reject(new errors.NoRespondersError(subject)));
        settle(() => resolve(message));
      },
    });
    const timer = setTimeout(() => settle(() => reject(new errors.TimeoutError())), timeout_ms);
    signal.addEventListener('abort', aborted, { once: true });
    nats.publish(subject, payload, { reply: `${inbox}.answer` });
  });
}
