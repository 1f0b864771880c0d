import type { ResultRow } from '@benchwire/shared/contracts/rows.ts';
import { footnoteLine, footnotesOf, notesOfRow } from '@benchwire/shared/format/footnotes.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { titleOfNote } from '@benchwire/shared/format/note-titles.ts';
import type { ReactNode } from 'react';

/** Told by the column `Steady`. */
const IN_A_COLUMN = ['not_steady'];

/** A mark behind a value whose meaning something limits; the list below the table says what. */
export function NoteMark({ row }: { row: Pick<ResultRow, 'note_codes' | 'notes'> }): ReactNode {
  const notes = notesOfRow(row).filter(({ code }) => !IN_A_COLUMN.includes(code));
  if (notes.length === 0) return null;
  const title = notes.map(({ code, text }) => `${titleOfNote(code)}: ${text}`).join('\n');
  return (
    <b className="bw-mark" title={title}>
      {' '}
      *
    </b>
  );
}

/** What the marks stand for, a line for each kind of note. */
export function NoteList({ rows }: { rows: readonly ResultRow[] }): ReactNode {
  const { footnotes } = footnotesOf(
    rows.map((row) => ({
      label: `${modelName(row.model) || row.task_id}${row.batch_size === null ? `, ${row.metric}` : `, batch ${row.batch_size}`}`,
      notes: notesOfRow(row),
    })),
    IN_A_COLUMN,
  );
  return footnotes.map((footnote) => (
    <p key={footnote.code} className="bw-note">
      {footnoteLine({ ...footnote, mark: '*' })}
    </p>
  ));
}
