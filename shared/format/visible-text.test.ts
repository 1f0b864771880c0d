import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHidden, visibleLines, visibleText } from './visible-text.ts';

/** Bidirectional overrides, zero width, tags, a terminal's title, half a character. */
const HIDDEN = [
  '\u202e',
  '\u2066',
  '\u200b',
  '\u00ad',
  '\ufeff',
  '\u{e0041}',
  '\x1b',
  '\x07',
  '\x9b',
  '\ud800',
  '\r',
  '\x00',
];

describe('text of others', () => {
  it.each(HIDDEN)('shows that %j is there', (hidden) => {
    expect(visibleText(`admin${hidden}`)).toBe('admin\ufffd');
    expect(escapeHidden(`admin${hidden}`)).toMatch(/^admin(\\u[0-9a-f]{4}){1,2}$/);
  });

  it.each(['plain', 'é日本語', '👩‍👩‍👧 ❤️', 'سلام‌ها', 'עברית'])('leaves %s as it is', (text) => {
    expect([visibleText(text), visibleLines(text), escapeHidden(text)]).toEqual([text, text, text]);
  });

  it('keeps lines and tabs where they matter, and colours in a terminal', () => {
    expect(visibleLines('a\r\n\tb\x1b[2Jc')).toBe('a\n\tb\ufffd[2Jc');
    expect(escapeHidden('\x1b[31mred\x1b[39m \x1b]0;title\x07\n')).toBe('\x1b[31mred\x1b[39m \\u001b]0;title\\u0007\n');
  });

  it('means the same in JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(escapeHidden(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});
