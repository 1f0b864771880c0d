import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

it('quotes what RFC 4180 wants quoted, and writes lists as JSON', () => {
  const rows = [
    { a: 'x,y', b: null, c: 'say "hi"\nthere' },
    { a: 1.5, b: ['z'], c: true },
  ];
  expect(toCsv(['a', 'b', 'c'], rows)).toEqual(['a,b,c', '"x,y",,"say ""hi""\nthere"', '1.5,"[""z""]",true']);
});

it.each([
  ['=1+1', "'=1+1"],
  ['+49 30', "'+49 30"],
  ['-cmd', "'-cmd"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['  =1', "'  =1"],
  ['\u202e=1', "'\ufffd=1"],
  ['\t=1', "'\t=1"],
  ['＝1+1', "'＝1+1"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['-12', '-12'],
  ['+1.5e-3', '+1.5e-3'],
  ['-1-1', "'-1-1"],
  ['a=b', 'a=b'],
  ['\x1b]0;title\x07name', '\ufffd]0;title\ufffdname'],
  ['a\rb', '"a\nb"'],
])('%j is %j', (text, expected) => {
  expect(toCsv(['a'], [{ a: text }]).slice(1)).toEqual([expected]);
});

it('keeps a column from being a formula, and numbers from being texts', () => {
  expect(toCsv(['=a'], [{ '=a': -5 }])).toEqual(["'=a", '-5']);
});
