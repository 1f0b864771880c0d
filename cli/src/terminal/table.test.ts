import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStyle } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { fit, fitColoured, oneLine, textWidth, wrap } from './text-width.ts';

const plain = createStyle(false);
const COLUMNS: ReadonlyArray<Column<{ name: string; n: number; note: string }>> = [
  { title: 'name', cell: (row) => row.name, shrink_to: 6 },
  { title: 'n', cell: (row) => String(row.n), align: 'right' },
  { title: 'note', cell: (row) => row.note, expendable: 1 },
];

describe('renderTable', () => {
  it('aligns, and leaves empty columns out', () => {
    const rows = [
      { name: 'a', n: 5, note: '' },
      { name: 'longer', n: 1234, note: '' },
    ];
    expect(renderTable(rows, COLUMNS, { style: plain, width: undefined })).toEqual([
      'name       n',
      'a          5',
      'longer  1234',
    ]);
  });

  it('cuts a text while that is enough, then leaves expendable columns out', () => {
    const rows = [{ name: 'a-rather-long-name', n: 1, note: 'something' }];
    const at = (width: number) => renderTable(rows, COLUMNS, { style: plain, width });
    expect(at(22)).toEqual(['name      n  note', 'a-rathe…  1  something']);
    expect(at(19)).toEqual(['name              n', 'a-rather-long-n…  1']);
  });

  it('keeps escape sequences and line ends of others out', () => {
    const rows = [{ name: 'a\x1b[31mb\nc\x07', n: 1, note: '' }];
    expect(renderTable(rows, COLUMNS, { style: plain, width: undefined })[1]).toBe('ab c  1');
  });

  it('makes every line as wide as the terminal at most, as long as the texts can be cut', () => {
    const row = fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 60 }),
      n: fc.nat(9999),
      note: fc.string({ maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), fc.integer({ min: 14, max: 90 }), (rows, width) => {
        const lines = renderTable(rows, COLUMNS, { style: createStyle(true), width });
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('text width', () => {
  it('counts what a terminal shows', () => {
    expect([textWidth('abc'), textWidth('\x1b[31mabc\x1b[39m'), textWidth('日本'), textWidth('é')]).toEqual([
      3, 3, 4, 1,
    ]);
  });

  it('cuts to any width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
        const clean = oneLine(text);
        expect(textWidth(fit(clean, width))).toBeLessThanOrEqual(width);
      }),
    );
    expect(fitColoured('\x1b[31mabcdef\x1b[39m', 4)).toBe('\x1b[31mabc…\x1b[39m');
  });

  it('wraps at blanks', () => expect(wrap('one two three', 8)).toEqual(['one two', 'three']));
});
