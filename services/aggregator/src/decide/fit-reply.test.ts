import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitReply } from './fit-reply.ts';

const rows = (...ids: string[]) => ids.map((id, n) => ({ id, n, text: 'x'.repeat(100) }));
const reply = (list: ReturnType<typeof rows>, truncated = false) => ({
  columns: ['id', 'n', 'text'],
  rows: list,
  truncated,
});

describe('fitReply', () => {
  it('always fits, and says whether it is whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'ü', '\u{1f600}')),
        fc.integer({ min: 2000, max: 20_000 }),
        (ids, most) => {
          const fitted = fitReply(reply(rows(...ids.sort())), most, 'id');
          expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(most);
          if (fitted.ok) expect(fitted.truncated).toBe(fitted.rows.length < ids.length);
        },
      ),
    );
  });

  it('ends a cut page with a whole group', () => {
    const fitted = fitReply(reply(rows('a', 'a', 'b', 'b', 'c', 'c', 'c', 'c', 'c', 'c')), 1900, 'id');
    expect(fitted.ok && fitted.rows.map((row) => row.id)).toEqual(['a', 'a', 'b', 'b']);
  });

  it('takes a limit as a cut too: the last group may go on', () => {
    const fitted = fitReply(reply(rows('a', 'a', 'b'), true), 100_000, 'id');
    expect(fitted.ok && fitted.rows.map((row) => row.id)).toEqual(['a', 'a']);
  });

  it('cuts a single group rather than to give nothing', () => {
    const fitted = fitReply(reply(rows('a', 'a', 'a'), true), 100_000, 'id');
    expect(fitted.ok && fitted.rows.length).toBe(3);
  });
});
