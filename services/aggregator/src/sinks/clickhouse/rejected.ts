import { REJECTED } from '@benchwire/shared/contracts/streams.ts';
import { rejectedRow } from '../../decide/rejected-row.ts';
import { type RejectedRow, rejected } from '../../tables/rejected.ts';
import { insertRows } from '../../tables/table.ts';
import type { StreamToTables } from './stream-to-tables.ts';

/** REJECTED -> rejected. Never rejects anything itself: that would come back here for ever. */
export const rejectedToTables: StreamToTables<RejectedRow> = {
  stream: REJECTED,
  rejects_to: 'rejected',
  refused: 'dropped',
  read: ({ subject, seq, time, data, headers }) => {
    const header = (name: string): string | undefined => (headers?.has(name) === true ? headers.get(name) : undefined);
    return { ok: true, value: rejectedRow({ subject, sequence: seq, stored_at: time, raw: data, header }) };
  },
  write: (database, rows) => insertRows(database, rejected, rows),
  max_batch: 100,
};
