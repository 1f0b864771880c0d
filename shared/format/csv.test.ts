import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

it('quotes what RFC 4180 wants quoted, and writes lists as JSON', () => {
  const rows = [
    { a: 'x,y', b: null, c: 'say "hi"\nthere' },
    { a: 1.5, b: ['z'], c: true },
  ];
  expect(toCsv(['a', 'b', 'c'], rows)).toEqual(['a,b,c', '"x,y",,"say ""hi""\nthere"', '1.5,"[""z""]",true']);
});
