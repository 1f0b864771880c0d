import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearNames } from '../runtime/near-names.ts';
import { CATALOGUE } from './catalogue.ts';
import { findListed, listModels, unknownModel } from './models.ts';

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['silero', 'silreo', 1],
    ['silero', 'siler', 1],
  ])('%j to %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is symmetric, 0 only for equal words, and at most the longer length', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('the catalogue', () => {
  test('every dynamic dimension is described, or is the batch', () => {
    for (const { inputs, dimensions, batch_dimension } of Object.values(CATALOGUE)) {
      const named = Object.values(inputs).flatMap(({ shape }) => shape.filter((d) => typeof d === 'string'));
      expect(new Set(named)).toEqual(
        new Set([...Object.keys(dimensions), ...(batch_dimension ? [batch_dimension] : [])]),
      );
    }
  });

  test.each([
    ['pp-ocrv4-detecton', 'pp-ocrv4-detection'],
    ['silero-vad', 'silero-vad-v5 or silero-vad-v6'],
    ['Silero-VAD-V6', 'silero-vad-v6'],
    ['recognition', 'pp-ocrv4-recognition'],
    ['bert-base-uncased', 'bert'],
    ['wisper', 'whisper'],
  ])('%s: did you mean %s', (wrong, meant) => {
    expect(findListed(wrong)).toBeUndefined();
    expect(unknownModel(wrong)).toContain(`Did you mean ${meant}`);
  });

  test.each(['zzzzzzzzzz', 'constructor-of-nothing', '__proto__'])(
    '%s is near nothing, so the list is named',
    (name) => {
      expect(findListed(name)).toBeUndefined();
      expect(unknownModel(name)).toContain('`bw models` lists what the catalogue has');
    },
  );

  test('every name is nearest to itself', () => {
    const names = listModels().map(({ model }) => model);
    const some = [...Object.keys(CATALOGUE), ...names.filter((_, place) => place % 40 === 0)];
    // Some differ only in `-` and `_` or in their case.
    for (const name of some) expect(nearNames(name, names).slice(0, 2)).toContain(name);
  });
});
