import { expect, it } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import { noteLines } from './notes.ts';

it('tells each note once, with the tasks that have it', () => {
  const noted = [
    { task_id: 'a', note: 'no metric was reported' },
    { task_id: 'quiet', note: '' },
    { task_id: 'b', note: 'no metric was reported' },
    { task_id: 'c', note: 'a metric line\nwas not readable' },
  ];
  expect(noteLines(noted, createStyle(false), 80)).toEqual([
    '! a and 1 more',
    '    no metric was reported',
    '! c',
    '    a metric line was not readable',
  ]);
  expect(noteLines([], createStyle(false), 80)).toEqual([]);
});
