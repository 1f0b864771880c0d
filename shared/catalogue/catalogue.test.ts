import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearNames } from '../runtime/near-names.ts';
import { CATALOGUE, findModel } from './catalogue.ts';

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
  ])('%s: did you mean %s', (wrong, meant) => {
    expect(findModel(wrong)).toMatchObject({ unknown: expect.stringContaining(`Did you mean ${meant}`) });
  });

  test.each(['bert-base-uncased', 'constructor', '__proto__'])(
    '%s is near nothing, so all names are listed',
    (name) => {
      const listed = expect.stringMatching(/The catalogue has: pp-ocrv4-detection, .*silero-vad-v6/);
      expect(findModel(name)).toEqual({ unknown: listed });
    },
  );

  test('every name is nearest to itself', () => {
    const names = Object.keys(CATALOGUE);
    for (const name of names) expect(nearNames(name, names)[0]).toBe(name);
  });
});
