import type { FastifyReply } from 'fastify';

/** The answer is a report: an HTML file to save. */
export function asReport(reply: FastifyReply, filename: string): void {
  reply
    .type('text/html; charset=utf-8')
    .header('content-disposition', `attachment; filename="${filename}"`)
    // Its style stands in it, and there is nothing else to load.
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
}
