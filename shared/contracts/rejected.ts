import { z } from 'zod';
import { issue } from './request.ts';

/**
 * JetStream stream REJECTED: messages that could not be read, with why. The payload is the raw message, byte for
 * byte; what is known about it stands in headers, so that nothing has to be escaped or cut.
 */
export const REJECTED_SUBJECTS = 'bw.rejected.*';
export function rejectedSubject(where: string): string {
  return `bw.rejected.${where}`;
}

export const REJECTED_HEADERS = { subject: 'Bw-Subject', issues: 'Bw-Issues', at: 'Bw-At' } as const;

/** The headers, parsed. `issues` is JSON on the wire. */
export const rejectedHeaders = z.object({ subject: z.string(), issues: z.array(issue), at: z.string() });
export type RejectedHeaders = z.infer<typeof rejectedHeaders>;
