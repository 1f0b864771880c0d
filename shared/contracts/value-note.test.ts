import { describe, expect, it } from 'vitest';
import { titleOfNote } from '../format/note-titles.ts';
import { outcomeResults } from './outcome.ts';
import { isAbout, noteOn, valueNote, valueNotesOf } from './value-note.ts';

describe('notes on values', () => {
  it('are those of the attempt, of each batch size, and one for each that was not steady', () => {
    const notes = valueNotesOf({
      value_notes: [noteOn('throttled', 'the GPU ran at 60 % of its clock')],
      batch_sizes: {
        1: { steady: true, value_notes: [noteOn('target_rate_missed', '4.95 of 400 arrivals per second')] },
        4: { steady: false, steady_reason: 'drift of +9 %', notes: ['an old text'] },
      },
    });
    expect(notes).toEqual([
      { code: 'throttled', text: 'the GPU ran at 60 % of its clock' },
      { code: 'target_rate_missed', text: '4.95 of 400 arrivals per second', batch_size: 1 },
      { code: 'not_steady', text: 'drift of +9 %', batch_size: 4 },
      { code: 'other', text: 'an old text', batch_size: 4 },
    ]);
    expect(valueNotesOf({})).toEqual([]);
  });

  it('are about every value unless they name a batch size or a metric', () => {
    const latency = { batch_size: 4, metric: 'latency_ms' };
    expect(isAbout(noteOn('throttled', 'x'), latency)).toBe(true);
    expect(isAbout(noteOn('throttled', 'x', { batch_size: 1 }), latency)).toBe(false);
    expect(isAbout(noteOn('throttled', 'x', { batch_size: 4, metric: 'memory_mb' }), latency)).toBe(false);
    expect(isAbout(noteOn('throttled', 'x', { metric: 'latency_ms' }), latency)).toBe(true);
  });

  it('of a newer writer, with a code that is not known here, are read and named', () => {
    const results = outcomeResults.parse({ value_notes: [{ code: 'cosmic_rays', text: 'one bit flipped' }] });
    expect(titleOfNote(results.value_notes?.[0]?.code ?? '')).toBe('cosmic rays');
    expect(valueNote.safeParse({ code: 'Not A Code', text: 'x' }).success).toBe(false);
  });
});
