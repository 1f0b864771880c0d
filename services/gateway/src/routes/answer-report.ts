import { hardwareNames } from '@benchwire/shared/format/hardware-names.ts';
import type { FastifyReply } from 'fastify';
import type { Gateway } from '../gateway.ts';

export interface ReportOptions {
  gateway: Gateway;
  reply: FastifyReply;
  html: string;
  /** Of the file, without its ending. */
  name: string;
  format: 'html' | 'pdf';
}

/** A report as a file to save: HTML, or PDF where a browser can print it. */
export async function answerReport({
  gateway,
  reply,
  html,
  name,
  format,
}: ReportOptions): Promise<string | Uint8Array> {
  const answer = format === 'pdf' ? await gateway.pdf.print(html) : html;
  reply
    .type(format === 'pdf' ? 'application/pdf' : 'text/html; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
    // Its style stands in it, and there is nothing else to load.
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
  return answer;
}

/** What pools are called in a report. */
export async function poolName({ client, names }: Gateway): Promise<(pool: string) => string> {
  const { rows } = await client.query('workers', {});
  const given = names.entries().map(([, name]) => name);
  return hardwareNames(rows, given).pool;
}
