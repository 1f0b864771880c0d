import { timestamp } from '@benchwire/shared/contracts/ids.ts';
import { REJECTED_HEADERS } from '@benchwire/shared/contracts/rejected.ts';
import { type Issue, issue } from '@benchwire/shared/contracts/request.ts';
import { z } from 'zod';
import type { RejectedRow } from '../tables/rejected.ts';

/** A rejected message as it came out of the stream; headers may be missing or broken, for anyone can publish there. */
export interface RejectedMessage {
  subject: string;
  sequence: number;
  stored_at: Date;
  raw: Uint8Array;
  header(name: string): string | undefined;
}

/** Total: whatever the headers say, the message gets a row, and what is wrong with them is told in its issues. */
export function rejectedRow(message: RejectedMessage): RejectedRow {
  const stored_at = message.stored_at.toISOString();
  const at = message.header(REJECTED_HEADERS.at);
  return {
    stored_at,
    sequence: message.sequence,
    rejected_at: at !== undefined && timestamp.safeParse(at).success ? at : stored_at,
    where: message.subject.split('.')[2] ?? '',
    subject: message.header(REJECTED_HEADERS.subject) ?? '',
    issues: JSON.stringify(readIssues(message.header(REJECTED_HEADERS.issues))),
    raw_base64: Buffer.from(message.raw.buffer, message.raw.byteOffset, message.raw.byteLength).toString('base64'),
  };
}

function readIssues(text: string | undefined): Issue[] {
  if (text === undefined || text === '') return [brokenHeader('missing')];
  try {
    const parsed = z.array(issue).safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : [brokenHeader(text)];
  } catch {
    return [brokenHeader(text)];
  }
}

function brokenHeader(text: string): Issue {
  return {
    path: `(header ${REJECTED_HEADERS.issues})`,
    code: 'invalid_header',
    message: `the reasons cannot be read: ${text.slice(0, 500)}`,
  };
}
