import type { JetStreamClient } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { REJECTED_HEADERS, rejectedSubject } from '../contracts/rejected.ts';
import type { Issue } from '../contracts/request.ts';
import { BenchwireError } from './errors.ts';
import { publish } from './publish.ts';

/** NATS headers count into the message's size; the first issues tell enough. */
const MAX_ISSUES = 20;
const MAX_ISSUE_CHARACTERS = 500;
const MAX_PATH_CHARACTERS = 200;
const MAX_HEADER_BYTES = 12_000;
/** With its size before, where a message that just fits without the headers had to be cut for them. */
const CUT_HEADER = 'Bw-Cut';

/**
 * Keeps a message that cannot be read: its bytes as they came, with the reasons in headers. Resolves once it is stored,
 * so the caller may ack the original after it. A message so large that no header fits beside it loses its end.
 * @param where - which door or consumer refused it: `request`, `outcome`, …
 */
export async function reject(
  client: JetStreamClient,
  where: string,
  message: { subject: string; raw: Uint8Array | string; id?: string },
  issues: readonly Issue[],
  signal?: AbortSignal,
): Promise<void> {
  const raw = typeof message.raw === 'string' ? new TextEncoder().encode(message.raw) : message.raw;
  const store = (payload: Uint8Array, h: MsgHdrs): Promise<unknown> =>
    publish(client, rejectedSubject(where), payload, {
      headers: h,
      ...(message.id === undefined ? {} : { id: `rejected.${message.id}` }),
      ...(signal === undefined ? {} : { signal }),
    });
  const h = headers();
  h.set(REJECTED_HEADERS.subject, headerSafe(message.subject));
  h.set(REJECTED_HEADERS.issues, issuesHeader(issues));
  h.set(REJECTED_HEADERS.at, new Date().toISOString());
  try {
    await store(raw, h);
  } catch (error) {
    if (!(error instanceof BenchwireError) || error.code !== 'PUBLISH_REFUSED' || raw.length <= 2 * MAX_HEADER_BYTES) {
      throw error;
    }
    h.set(CUT_HEADER, String(raw.length));
    await store(raw.subarray(0, raw.length - 2 * MAX_HEADER_BYTES), h);
  }
}

/** Issues as JSON, short enough for a header and in ASCII. */
export function issuesHeader(issues: readonly Issue[]): string {
  const short = issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: issue.path.slice(0, MAX_PATH_CHARACTERS),
    code: issue.code,
    message: issue.message.slice(0, MAX_ISSUE_CHARACTERS),
  }));
  let text = asciiJson(short);
  while (text.length > MAX_HEADER_BYTES && short.length > 1) {
    short.pop();
    text = asciiJson(short);
  }
  return text;
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
