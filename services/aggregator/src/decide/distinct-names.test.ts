import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctNames } from './distinct-names.ts';

describe('names of columns', () => {
  it('are those of the statement, with a number where one comes again', () => {
    expect(distinctNames(['1', '1', 'a', '1'])).toEqual(['1', '1_2', 'a', '1_3']);
    expect(distinctNames(['a', 'a', 'a_2', 'a_2'])).toEqual(['a', 'a_3', 'a_2', 'a_2_2']);
  });

  it('are all different, and the first of each is as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a_2', 'a_3', 'a_2_2', '__proto__')), (names) => {
        const distinct = distinctNames(names);
        expect(new Set(distinct).size).toBe(names.length);
        for (const [index, name] of names.entries())
          if (names.indexOf(name) === index) expect(distinct[index]).toBe(name);
      }),
    );
  });

  it('take a time that grows with their number, not with its square', () => {
    const timeOf = (count: number, name: (at: number) => string): number => {
      const names = Array.from({ length: count }, (_, at) => name(at));
      const started = performance.now();
      distinctNames(names);
      return performance.now() - started;
    };
    // 45,000 took minutes by the square; a busy machine takes a fraction of a second.
    for (const name of [() => '1', (at: number) => (at % 2 === 0 ? 'a' : `a_${at >> 1}`)])
      expect(timeOf(200_000, name)).toBeLessThan(5000);
  });
});
