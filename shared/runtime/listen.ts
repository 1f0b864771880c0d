import type { NatsConnection } from '@nats-io/transport-node';
import type { z } from 'zod';
import { parseJson } from './issues.ts';

/**
 * Hands on what is said on a plain subject, which nobody stores, from now on. What does not keep to its contract is passed over:
 * the next message says the same anew.
 * @returns stops it; it also ends with the connection
 */
export function listen<T>(
  nats: NatsConnection,
  subject: string,
  schema: z.ZodType<T>,
  onValue: (value: T) => void,
): () => void {
  const subscription = nats.subscribe(subject, {
    callback: (error, message) => {
      const parsed = error === null ? parseJson(schema, message.data) : undefined;
      if (parsed?.ok === true) onValue(parsed.value);
    },
  });
  return () => {
    if (!nats.isClosed()) subscription.unsubscribe();
  };
}

/** The first thing that `pick` makes of what is said on a plain subject; undefined when there is none in time. */
export async function hearOne<T, R>(
  nats: NatsConnection,
  subject: string,
  schema: z.ZodType<T>,
  patience_ms: number,
  pick: (value: T) => R | undefined,
): Promise<R | undefined> {
  const heard = Promise.withResolvers<R | undefined>();
  const stop = listen(nats, subject, schema, (value) => {
    const picked = pick(value);
    if (picked !== undefined) heard.resolve(picked);
  });
  const timer = setTimeout(() => heard.resolve(undefined), patience_ms);
  try {
    return await heard.promise;
  } finally {
    clearTimeout(timer);
    stop();
  }
}
