import { expect, it } from 'vitest';
import { footnoteLine, footnotesOf, notesOfRow } from './footnotes.ts';

const missed = (reached: number) => ({ code: 'target_rate_missed', text: `${reached} of 400 arrivals per second` });

it('values are marked with one number a kind of note, and the lines below have the numbers', () => {
  const values = [
    { label: 'ocr, batch 1', notes: [missed(5)] },
    { label: 'ocr, batch 4', notes: [missed(3), { code: 'throttled', text: 'at 60 % of its clock' }] },
    { label: 'vad, batch 1', notes: [{ code: 'not_steady', text: 'drift' }] },
  ];
  const { markOf, footnotes } = footnotesOf(values, ['not_steady']);
  expect(values.map(({ notes }) => markOf(notes))).toEqual(['¹', '¹ ²', '']);
  expect(footnotes.map(footnoteLine)).toEqual([
    '¹ target rate missed: ocr, batch 1: 5 of 400 arrivals per second; ocr, batch 4: 3 of 400 arrivals per second',
    '² throttled: ocr, batch 4: at 60 % of its clock',
  ]);
});

it('a thousand values with the same kind of note make one line', () => {
  const values = Array.from({ length: 1000 }, (_, i) => ({ label: `m${i}`, notes: [missed(i)] }));
  const { footnotes } = footnotesOf(values);
  expect(footnotes).toHaveLength(1);
  expect(footnotes[0]).toMatchObject({ more: 994 });
});

it('rows of before there were notes have none', () => {
  expect(notesOfRow({})).toEqual([]);
  expect(notesOfRow({ note_codes: ['throttled'], notes: ['x'] })).toEqual([{ code: 'throttled', text: 'x' }]);
});
