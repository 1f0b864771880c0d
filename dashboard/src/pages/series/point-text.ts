import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { notesOfRow } from '@benchwire/shared/format/footnotes.ts';
import { titleOfNote } from '@benchwire/shared/format/note-titles.ts';
import { formatNumber } from '../../format/numbers.ts';
import { formatWholeTime } from '../../format/times.ts';

/** The tooltip of a point: its value, what it was measured from, and what limits it. */
export function pointText(row: ResultRow): string {
  const { value, unit, ci_low, ci_high, measured_at, commit, branch, samples, steady, printed_value, printed_unit } =
    row;
  const lines = [
    `${formatNumber(value)} ${unit}${printed_value == null ? '' : ` (printed as ${formatNumber(printed_value)} ${printed_unit})`}`,
    ci_low === null || ci_high === null ? '' : `95 % CI ${formatNumber(ci_low)} to ${formatNumber(ci_high)}`,
    `${samples} samples${steady === false ? ', not steady' : ''}`,
    ...notesOfRow(row).map(({ code, text }) => `${titleOfNote(code)}: ${text}`),
    formatWholeTime(measured_at),
    [commit === '' ? '' : `commit ${commit.slice(0, 10)}`, branch].filter(Boolean).join(' on '),
  ];
  return lines.filter((text) => text !== '').join('\n');
}
