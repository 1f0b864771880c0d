import { createHash } from 'node:crypto';
import type { Request } from '@benchwire/shared/contracts/request.ts';

/**
 * Tells whether two submissions under one request_id ask for the same. Taken from the parsed request: neither blanks,
 * nor the order of fields, nor a default that is written out make a difference.
 */
export function requestHash(parsed: Request): string {
  return createHash('sha256').update(JSON.stringify(parsed)).digest('hex');
}
