import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogTail, MAX_LOG_BYTES } from './log-tail.ts';

const decode = (base64: string | null): Buffer => Buffer.from(base64 ?? '', 'base64');

describe('the tail of the logs', () => {
  it('is null when nothing was printed', () => {
    expect(new LogTail().toBase64()).toBeNull();
  });

  it('is everything while that is little', () => {
    const tail = new LogTail();
    tail.add('one');
    tail.add('zwei ü');
    expect(decode(tail.toBase64()).toString()).toBe('one\nzwei ü\n');
  });

  it('is always the end, within the limit', () => {
    const lines = fc.array(fc.string({ maxLength: 200_000, unit: 'grapheme' }), { maxLength: 8 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: MAX_LOG_BYTES }), (all, limit) => {
        const tail = new LogTail();
        for (const line of all) tail.add(line);
        const kept = decode(tail.toBase64(limit));
        expect(kept.length).toBeLessThanOrEqual(limit);
        const whole = Buffer.from(all.map((line) => `${line}\n`).join(''));
        expect(whole.subarray(whole.length - kept.length).equals(kept)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is read in pieces without a gap or a repetition, by anyone who remembers where the last piece ended', () => {
    const lines = fc.array(fc.tuple(fc.string({ maxLength: 2000, unit: 'grapheme' }), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(lines, (all) => {
        const tail = new LogTail();
        let read = '';
        let after = 0;
        const ask = (): void => {
          const { text, next } = tail.since(after);
          read += decode(text).toString();
          after = next;
        };
        for (const [line, then_ask] of all) {
          tail.add(line);
          if (then_ask) ask();
        }
        ask();
        expect(read).toBe(all.map(([line]) => `${line}\n`).join(''));
      }),
      { numRuns: 50 },
    );
  });

  it('begins with a whole line where lines had to go', () => {
    const tail = new LogTail();
    for (let i = 0; i < 20_000; i++) tail.add(`line ${i}`);
    const kept = decode(tail.toBase64()).toString();
    expect(kept.length).toBeGreaterThan(MAX_LOG_BYTES - 20);
    expect(kept).toMatch(/^line \d+\n/);
    expect(kept.endsWith('line 19999\n')).toBe(true);
  });
});
