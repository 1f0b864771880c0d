import { createHash } from 'node:crypto';
import type { Issue } from '../contracts/request.ts';

/**
 * SHA-256 of the payload in hex, set by its writer. It travels with the message through mirrors, bridges and
 * doors, so that a reader notices content that was changed or damaged on the way. It is no signature.
 */
export const CONTENT_HASH_HEADER = 'Bw-Sha256';

export function contentHash(payload: Uint8Array | string): string {
  return createHash('sha256').update(payload).digest('hex');
}

/** What is wrong when a message says a hash that is not its content's; a message that says none is not judged. */
export function contentHashIssues(payload: Uint8Array, header: (name: string) => string | undefined): Issue[] {
  const said = header(CONTENT_HASH_HEADER) ?? '';
  if (said === '') return [];
  const found = contentHash(payload);
  if (said.toLowerCase() === found) return [];
  const message = `its header ${CONTENT_HASH_HEADER} says ${said.slice(0, 64)}, but its content has ${found}: it was changed on the way`;
  return [{ path: '(message)', code: 'content_hash_mismatch', message }];
}
