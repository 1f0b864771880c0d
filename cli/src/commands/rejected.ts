import { issueLine } from '@benchwire/shared/client/errors.ts';
import { issue } from '@benchwire/shared/contracts/request.ts';
import type { RejectedRow } from '@benchwire/shared/contracts/rows.ts';
import { z } from 'zod';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT } from '../errors.ts';
import { formatAgo, formatBytes } from '../terminal/numbers.ts';
import { type Column, renderTable } from '../terminal/table.ts';

export const rejected = defineCommand({
  name: 'rejected',
  summary: 'messages that could not be read, and why',
  positionals: [],
  options: { limit: { kind: 'count', value: 'N', help: 'how many (20)' } },
  details: '--json has the raw messages too, as base64.',
  async run(context, { limit = 20 }) {
    const { rows } = await withStack(context, (client) => client.query('rejected', { limit }));
    const { out, err, style, json, now } = context;
    const columns: ReadonlyArray<Column<RejectedRow>> = [
      { title: 'rejected', cell: (row) => formatAgo(Date.parse(row.rejected_at), now()), align: 'right' },
      { title: 'where', cell: (row) => row.where },
      { title: 'subject', cell: (row) => row.subject, shrink_to: 20, expendable: 1 },
      { title: 'size', cell: (row) => formatBytes(Buffer.byteLength(row.raw_base64, 'base64')), align: 'right' },
      { title: 'why', cell: why, shrink_to: 30 },
    ];
    if (json) out.line(JSON.stringify(rows));
    else if (rows.length === 0) err.line('no rejected messages.');
    else out.lines(renderTable(rows, columns, { style, width: out.columns }));
    return EXIT.ok;
  },
});

function why(row: RejectedRow): string {
  try {
    const issues = z.array(issue).parse(JSON.parse(row.issues));
    const more = issues.length > 2 ? `; and ${issues.length - 2} more` : '';
    return `${issues.slice(0, 2).map(issueLine).join('; ')}${more}`;
  } catch {
    return row.issues;
  }
}
