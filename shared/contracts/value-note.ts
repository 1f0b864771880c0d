import { z } from 'zod';
import type { ValueNoteCode } from '../format/note-titles.ts';

/** Notes of one attempt, at most; the rest is counted in the last one. */
export const MAX_VALUE_NOTES = 200;
const MAX_NOTE_CHARACTERS = 2000;

/**
 * One thing that limits what a value means, such as a target rate that was missed. It is about every value of the attempt
 * unless it names a batch size, a metric, or both. Whatever shows the value shows that there is a note. Since 0.4.
 */
export const valueNote = z.object({
  /** One of `VALUE_NOTE_CODES` (format/note-titles.ts); a newer writer may have others. */
  code: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  /** In a sentence, with the numbers. */
  text: z.string().min(1).max(MAX_NOTE_CHARACTERS),
  batch_size: z.int().min(1).optional(),
  /** As the results name it: `latency_ms`, or what a program reported. */
  metric: z.string().min(1).max(256).optional(),
});
export type ValueNote = z.infer<typeof valueNote>;

/** A note on a value, made by our own code: only known codes. */
export function noteOn(
  code: ValueNoteCode,
  text: string,
  about: { batch_size?: number | undefined; metric?: string | undefined } = {},
): ValueNote {
  const { batch_size, metric } = about;
  return {
    code,
    text: text.slice(0, MAX_NOTE_CHARACTERS),
    ...(batch_size === undefined ? {} : { batch_size }),
    ...(metric === undefined ? {} : { metric }),
  };
}

/** Whether a note is about this value. */
export function isAbout(note: ValueNote, value: { batch_size: number | null; metric: string }): boolean {
  return (
    (note.batch_size === undefined || note.batch_size === value.batch_size) &&
    (note.metric === undefined || note.metric === value.metric)
  );
}

/** What of an outcome's results says something about its values. */
interface Noted {
  value_notes?: readonly ValueNote[] | undefined;
  batch_sizes?:
    | Readonly<
        Record<
          string,
          {
            steady: boolean;
            steady_reason?: string | undefined;
            value_notes?: readonly ValueNote[] | undefined;
            notes?: readonly string[] | undefined;
          }
        >
      >
    | undefined;
}

/**
 * Every note on the values of an attempt: those on all of it, those on one batch size (wherever they stand, and also for
 * one that was not steady), and those of writers before 0.4, which are texts on a batch size. Pure.
 */
export function valueNotesOf(results: Noted): ValueNote[] {
  const notes = [...(results.value_notes ?? [])];
  for (const [size, result] of Object.entries(results.batch_sizes ?? {})) {
    const batch_size = Number(size);
    for (const note of result.value_notes ?? []) notes.push({ ...note, batch_size });
    if (!result.steady && !notes.some((note) => note.code === 'not_steady' && note.batch_size === batch_size)) {
      const why = result.steady_reason ?? 'the value was still moving or jumping while it was measured';
      notes.push(noteOn('not_steady', why, { batch_size }));
    }
    for (const text of result.notes ?? []) if (text !== '') notes.push(noteOn('other', text, { batch_size }));
  }
  return notes;
}
