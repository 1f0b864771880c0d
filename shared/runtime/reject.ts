import type { JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { REJECTED_HEADERS, rejectedSubject } from '../contracts/rejected.ts';
import type { Issue } from '../contracts/request.ts';
import { publish } from './publish.ts';

/** NATS headers count into the message's size; the first issues tell enough. */
const MAX_ISSUES = 20;
const MAX_ISSUE_CHARACTERS = 500;

/**
 * Keeps a message that cannot be read: its bytes as they came, with the reasons in headers. Resolves once it is stored,
 * so the caller may ack the original after it.
 * @param where - which door or consumer refused it: `request`, `outcome`, …
 */
export async function reject(
  client: JetStreamClient,
  where: string,
  message: { subject: string; raw: Uint8Array | string; id?: string },
  issues: readonly Issue[],
  signal?: AbortSignal,
): Promise<void> {
  const h = headers();
  h.set(REJECTED_HEADERS.subject, headerSafe(message.subject));
  h.set(
    REJECTED_HEADERS.issues,
    asciiJson(issues.slice(0, MAX_ISSUES).map((i) => ({ ...i, message: i.message.slice(0, MAX_ISSUE_CHARACTERS) }))),
  );
  h.set(REJECTED_HEADERS.at, new Date().toISOString());
  await publish(client, rejectedSubject(where), message.raw, {
    headers: h,
    ...(message.id === undefined ? {} : { id: `rejected.${message.id}` }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
