import { expect, it } from 'vitest';
import { readVisit, visitAt } from './last-visit.ts';

const MINUTE = 60_000;

it('what is new counts from the end of the visit before, and stays while the page is looked at', () => {
  const first = visitAt(null, 1000);
  expect(first).toEqual({ since_ms: null, seen_ms: 1000 });
  const goes_on = visitAt(first, 1000 + 5 * MINUTE);
  expect(goes_on.since_ms).toBeNull();
  const next = visitAt(goes_on, goes_on.seen_ms + 31 * MINUTE);
  expect(next.since_ms).toBe(goes_on.seen_ms);
  expect(visitAt(next, next.seen_ms + MINUTE).since_ms).toBe(goes_on.seen_ms);
});

it('what can not be read is no visit', () => {
  for (const text of [null, '', 'x', '{}', '[]', '{"seen_ms":"1"}', '{"seen_ms":99999}'])
    expect(readVisit(text, 5000)).toBeNull();
  expect(readVisit('{"since_ms":99999,"seen_ms":40}', 5000)).toEqual({ since_ms: null, seen_ms: 40 });
  expect(readVisit('{"since_ms":4,"seen_ms":40}', 5000)).toEqual({ since_ms: 4, seen_ms: 40 });
});
