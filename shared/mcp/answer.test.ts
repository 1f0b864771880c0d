import fc from 'fast-check';
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base';
import * as o200k from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { fields, MAX_ANSWER_TOKENS, readCursor, type ToolAnswer, writeAnswer } from './answer.ts';
import { tokenEstimate } from './token-estimate.ts';

/** The larger of two tokenizers' counts. */
const tokens = (text: string): number => Math.max(o200k.encode(text).length, cl100k.encode(text).length);

const cursorIn = (text: string): string | undefined => /MORE.*cursor="([^"]*)"$/.exec(text)?.[1];

const hexId = fc.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const text = fc.oneof(
  fc.string({ maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  hexId,
  fc.array(hexId, { maxLength: 10 }).map((ids) => ids.join('.')),
  fc.constantFrom(
    'latency_ms',
    'ENVIRONMENT cpu=AMD EPYC 7B13',
    'a/b/c/d.cjs',
    '{"a":[1,2,3]}'.repeat(30),
    'Ω'.repeat(300),
  ),
);

it('no tokenizer counts more than the estimate, and prose is not overestimated twice', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (parts) => {
      const whole = parts.join('\n');
      expect(tokenEstimate(whole)).toBeGreaterThanOrEqual(tokens(whole));
    }),
    { numRuns: 100, seed: 42 },
  );
  const prose =
    'The latency of the decoder rose by 8 % between two commits, and re-runs on the same device confirm it. '.repeat(5);
  expect(tokenEstimate(prose)).toBeLessThan(2.2 * tokens(prose));
});

describe('an answer', () => {
  /** Follows the cursor to the end. */
  function pagesOf(answer: ToolAnswer): string[] {
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = writeAnswer(answer, readCursor(cursor));
      pages.push(page);
      cursor = cursorIn(page);
    } while (cursor !== undefined);
    return pages;
  }

  it('is never longer than the limit, and its pages have every row once, in order', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.array(text, { maxLength: 80 }), (head, rows) => {
        const numbered = rows.map((row, at) => `#${at}# ${row}`);
        const pages = pagesOf({ head, rows: numbered });
        for (const page of pages) expect(tokens(page)).toBeLessThanOrEqual(MAX_ANSWER_TOKENS);
        const seen = pages.flatMap((page) => [...page.matchAll(/^#(\d+)#/gm)].map(([, at]) => Number(at)));
        expect(seen).toEqual(rows.map((_, at) => at));
      }),
      { numRuns: 50 },
    );
  });

  it('cuts what would fill it alone, and shows what cannot be seen', () => {
    const page = writeAnswer({ head: ['a'.repeat(1e6)], rows: ['本'.repeat(1e5), 'b\u202ec'] }, readCursor(undefined));
    expect(tokens(page)).toBeLessThanOrEqual(MAX_ANSWER_TOKENS);
    const all = pagesOf({ head: [], rows: ['本'.repeat(1e5), 'b\u202ec'] }).join('\n');
    expect(all).toContain('…');
    expect(all).toContain('b\ufffdc');
  });

  it('goes on with the page of the API', () => {
    const page = writeAnswer({ head: [], rows: ['one'], next_cursor: 'abc' }, readCursor(undefined));
    expect(readCursor(cursorIn(page))).toEqual({ api_cursor: 'abc', row: 0 });
  });

  it.each(['x', 'WzEsMl0', Buffer.from('[null,-1]').toString('base64url')])('refuses the cursor %s', (cursor) => {
    expect(() => readCursor(cursor)).toThrow(/use the cursor of the answer before/);
  });

  it('refuses a place behind what is left', () => {
    expect(() => writeAnswer({ head: [], rows: ['one'] }, { api_cursor: undefined, row: 5 })).toThrow(/nothing more/);
  });
});

it('names values and leaves out what is empty', () => {
  expect(fields({ a: 1, b: null, c: '', d: 'x\n  y', e: false })).toBe('a=1 | d=x y | e=false');
});
