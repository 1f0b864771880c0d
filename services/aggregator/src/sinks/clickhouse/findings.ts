import { finding } from '@benchwire/shared/contracts/finding.ts';
import { FINDINGS } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { findingRow } from '../../decide/finding-row.ts';
import { placeOf } from '../../decide/versions.ts';
import { type FindingRow, findings } from '../../tables/findings.ts';
import { insertRows } from '../../tables/table.ts';
import type { StreamToTables } from './stream-to-tables.ts';

/** FINDINGS -> findings. */
export const findingsToTables: StreamToTables<FindingRow> = {
  stream: FINDINGS,
  rejects_to: 'finding',
  read: (message) => {
    const parsed = parseJson(finding, message.data);
    return parsed.ok ? { ok: true, value: findingRow(parsed.value, placeOf(message)) } : parsed;
  },
  write: (database, rows) => insertRows(database, findings, rows),
  max_batch: 500,
};
