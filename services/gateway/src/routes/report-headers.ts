import { hardwareNames } from '@benchwire/shared/format/hardware-names.ts';
import type { FastifyReply } from 'fastify';
import type { Gateway } from '../gateway.ts';

/** The answer is a report: an HTML file to save. */
export function asReport(reply: FastifyReply, filename: string): void {
  reply
    .type('text/html; charset=utf-8')
    .header('content-disposition', `attachment; filename="${filename}"`)
    // Its style stands in it, and there is nothing else to load.
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
}

/** What pools are called in a report. */
export async function poolName({ client, names }: Gateway): Promise<(pool: string) => string> {
  const { rows } = await client.query('workers', {});
  const given = names.entries().map(([, name]) => name);
  return hardwareNames(rows, given).pool;
}
