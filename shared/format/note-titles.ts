/**
 * What limits the meaning of measured values, by code: the one list that workers, tables, reports and pages share.
 * `title` is what a table says in a few words; the note's own `text` has the numbers.
 */
export const VALUE_NOTE_CODES = {
  target_rate_missed: { title: 'target rate missed' },
  not_steady: { title: 'not steady' },
  few_samples: { title: 'few samples' },
  fewer_iterations: { title: 'fewer iterations than asked for' },
  guessed_batch: { title: 'guessed batch dimension' },
  guessed_input: { title: 'guessed input values' },
  throttled: { title: 'throttled' },
  disturbed: { title: 'disturbed by other load' },
  clock_resolution: { title: 'near the clock resolution' },
  clock_offset: { title: 'clock of the worker is off' },
  other_provider: { title: 'partly ran elsewhere' },
  outputs_left_out: { title: 'outputs left out' },
  mixed_units: { title: 'printed in several units' },
  values_left_out: { title: 'values left out' },
  /** The files were not those of the commit that the source names: it decides nothing (provenance.ts). */
  source_mismatch: { title: 'not what the source says' },
  /** Of imported results: the tool gives a statistic and no single values. Since 0.6. */
  summary_only: { title: 'summary of the tool' },
  unknown_device: { title: 'device not known' },
  other: { title: 'note' },
} as const satisfies Record<string, { title: string }>;
export type ValueNoteCode = keyof typeof VALUE_NOTE_CODES;

/** A note's code in a few words. */
export function titleOfNote(code: string): string {
  return Object.hasOwn(VALUE_NOTE_CODES, code)
    ? VALUE_NOTE_CODES[code as ValueNoteCode].title
    : code.replaceAll('_', ' ');
}
