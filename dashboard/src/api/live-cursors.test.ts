import { expect, test } from 'vitest';
import { LiveCursors } from './live-cursors.ts';

test('each stream has its own place, and nothing is new twice', () => {
  const cursors = new LiveCursors();
  expect(cursors.from()).toBeUndefined();
  expect(cursors.isNew('OUTCOMES:7')).toBe(true);
  expect(cursors.isNew('EVENTS:3')).toBe(true);
  expect(cursors.isNew('OUTCOMES:7')).toBe(false);
  expect(cursors.isNew('OUTCOMES:6')).toBe(false);
  expect(cursors.isNew('OUTCOMES:8')).toBe(true);
  expect(cursors.from()).toEqual({ OUTCOMES: 8, EVENTS: 3 });
});

test('what no stream keeps is always new and leaves no place', () => {
  const cursors = new LiveCursors();
  expect([cursors.isNew(null), cursors.isNew(''), cursors.isNew('status')]).toEqual([true, true, true]);
  expect(cursors.from()).toBeUndefined();
});
