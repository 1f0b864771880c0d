import { isNobodyThere } from '@benchwire/shared/runtime/nats.ts';
import type { NatsConnection } from '@nats-io/transport-node';

const LOOK_MS = 500;
const ANSWER_MS = 400;

/**
 * Watches whether somebody still waits for an answer at this address. A client hears its answers on a subject with a wildcard
 * (`_INBOX.<connection>.*`), which goes when the client goes, or when it gives up waiting on a subject of its own; so a
 * message to another address under it finds nobody then, and the server says so at once. Where that is so from the
 * beginning the client listens otherwise, and nothing can be told.
 * @param signal - when the watch ends
 * @param gone - called once, when nobody is there any more
 */
export async function watchRequester(
  nats: NatsConnection,
  reply: string | undefined,
  signal: AbortSignal,
  gone: () => void,
): Promise<void> {
  const beside = besideOf(reply);
  if (beside === undefined || !(await isThere(nats, beside))) return;
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, LOOK_MS);
      signal.addEventListener('abort', done, { once: true });
    });
    if (signal.aborted || nats.isClosed()) return;
    if (await isThere(nats, beside)) continue;
    gone();
    return;
  }
}

/** Whom an answer goes to: one connection, or what it has in its place. */
export function addressOf(reply: string | undefined): string {
  return reply === undefined ? '' : reply.slice(0, Math.max(0, reply.lastIndexOf('.')));
}

function besideOf(reply: string | undefined): string | undefined {
  return reply === undefined || reply.split('.').length < 3 ? undefined : `${addressOf(reply)}.still-there`;
}

async function isThere(nats: NatsConnection, subject: string): Promise<boolean> {
  try {
    await nats.request(subject, '', { timeout: ANSWER_MS });
    return true;
  } catch (error) {
    // No answer is what is expected of somebody who is there.
    return !isNobodyThere(error);
  }
}
