import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './issues.ts';
import { isWithinLimits, jsonLimitIssue } from './json-limits.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('the limits of JSON', () => {
  it('are never missed by the quick look at the brackets', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.integer({ min: 1, max: 12 }), (text, max_depth) => {
        const limits = { max_depth, max_values: Number.POSITIVE_INFINITY };
        const isFine = jsonLimitIssue(bytesOf(text), limits) === undefined;
        if (isWithinLimits(text, limits)) expect(isFine).toBe(true);
        const read = readJson(bytesOf(text), limits);
        expect(read.ok).toBe(isFine);
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
        else expect(read.issues).toMatchObject([{ code: 'too_deep' }]);
      }),
    );
  });

  it('are about what is inside each other, not about brackets in texts or side by side', () => {
    const limits = { max_depth: 4, max_values: Number.POSITIVE_INFINITY };
    expect(readJson(bytesOf(`"${'{['.repeat(50)}"`), limits).ok).toBe(true);
    expect(readJson(bytesOf(`[${'{},'.repeat(50)}1]`), limits).ok).toBe(true);
    expect(readJson(bytesOf(nested(4)), limits).ok).toBe(true);
    expect(readJson(bytesOf(nested(5)), limits)).toMatchObject({ issues: [{ code: 'too_deep' }] });
  });

  it('count values where there is a limit for them', () => {
    const limits = { max_depth: 4, max_values: 3 };
    expect(readJson(bytesOf('[1]'), limits).ok).toBe(true);
    expect(readJson(bytesOf('[1,2,3]'), limits)).toMatchObject({ issues: [{ code: 'too_many_values' }] });
  });
});
