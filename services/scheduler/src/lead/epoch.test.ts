import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLaterEpoch } from './epoch.ts';

const epoch = fc.tuple(fc.nat(), fc.nat()).map(([created, revision]) => `${created}-${revision}`);

describe('epochs', () => {
  it('are in one strict order', () => {
    fc.assert(
      fc.property(epoch, epoch, (a, b) => {
        expect(isLaterEpoch(a, a)).toBe(false);
        expect(isLaterEpoch(a, b) && isLaterEpoch(b, a)).toBe(false);
        if (a !== b) expect(isLaterEpoch(a, b) || isLaterEpoch(b, a)).toBe(true);
      }),
    );
  });

  it('count a new bucket more than any revision, and numbers as numbers', () => {
    expect(isLaterEpoch('200-1', '100-999')).toBe(true);
    expect(isLaterEpoch('100-10', '100-9')).toBe(true);
    expect(isLaterEpoch('', '100-1')).toBe(false);
    expect(isLaterEpoch('100-1', 'what an older version called it')).toBe(true);
  });
});
