import { titleOfNote } from '../format/note-titles.ts';

/** A value, or a line of values, with what limits its meaning. */
export interface NotedValue {
  /** How it is called below the table: `resnet, batch 4`. */
  label: string;
  notes: ReadonlyArray<{ code: string; text: string }>;
}

export interface Footnote {
  /** As it stands beside the values: `¹`. */
  mark: string;
  code: string;
  /** The code in a few words. */
  title: string;
  /** The first few values that it is about, each with its numbers. */
  texts: string[];
  /** How many more there are. */
  more: number;
}

const MAX_TEXTS = 6;
const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A row of the query `results`, as its notes. */
export function notesOfRow({
  note_codes = [],
  notes = [],
}: {
  note_codes?: readonly string[];
  notes?: readonly string[];
}): Array<{ code: string; text: string }> {
  return note_codes.map((code, at) => ({ code, text: notes[at] ?? '' }));
}

/**
 * Marks for the values of a table and the lines below it, one number for each kind of note in the order of the rows. Pure.
 * @param without - codes that the table tells in another way, such as in a column of its own
 */
export function footnotesOf(
  values: readonly NotedValue[],
  without: readonly string[] = [],
): { markOf: (notes: NotedValue['notes']) => string; footnotes: Footnote[] } {
  const codes = new Map<string, Map<string, string>>();
  for (const { label, notes } of values) {
    for (const { code, text } of notes) {
      if (without.includes(code)) continue;
      const texts = codes.get(code) ?? new Map<string, string>();
      if (!texts.has(`${label}\n${text}`)) texts.set(`${label}\n${text}`, label === '' ? text : `${label}: ${text}`);
      codes.set(code, texts);
    }
  }
  const marks = new Map([...codes.keys()].map((code, at) => [code, superscript(at + 1)]));
  return {
    markOf: (notes) => [...new Set(notes.map(({ code }) => code))].flatMap((code) => marks.get(code) ?? []).join(' '),
    footnotes: [...codes].map(([code, texts]) => ({
      mark: marks.get(code) ?? '',
      code,
      title: titleOfNote(code),
      texts: [...texts.values()].slice(0, MAX_TEXTS),
      more: Math.max(0, texts.size - MAX_TEXTS),
    })),
  };
}

/** A footnote in one line. */
export function footnoteLine({ mark, title, texts, more }: Footnote): string {
  return `${mark} ${title}: ${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function superscript(number: number): string {
  return [...String(number)].map((digit) => DIGITS[Number(digit)]).join('');
}
