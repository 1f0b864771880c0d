import { CATALOGUE } from '@benchwire/shared/catalogue/catalogue.ts';
import { describe, expect, test } from 'vitest';
import { reportedPrecision } from './precision.ts';

describe('reportedPrecision', () => {
  const known = CATALOGUE['silero-vad-v5'] ?? null;
  test.each([
    ['the catalogue’s', undefined, known, 'fp32'],
    ['another spelling of it', 'float32', known, 'fp32'],
    ['the label of one’s own model', 'int8', null, 'int8'],
    ['nothing, rather than a guess', undefined, null, null],
  ] as const)('%s', (_, precision, catalogue, expected) => {
    expect(reportedPrecision({ model: 'm', ...(precision ? { precision } : {}) }, catalogue)).toBe(expected);
  });

  test('is not what the model is not', () => {
    expect(() => reportedPrecision({ model: 'm', precision: 'fp16' }, known)).toThrow(/Ask for "fp32"/);
  });
});
