import { describe, expect, it } from 'vitest';
import '../runtime/zod-words.ts';
import { metricRules, ruleFor } from './metric-catalogue.ts';

describe('the rules of operators', () => {
  const rules = metricRules.parse([
    { metric: 'lat_*', better: 'lower', unit: 'ms' },
    { metric: '*_score', better: 'higher' },
    { metric: 'lat_budget', better: 'neither' },
    { metric: 'a*b*c', unit: 'J' },
    { metric: '*', unit: 'points' },
  ]);

  it.each([
    ['lat_p50', { better: 'lower', unit: 'ms' }],
    ['LAT_P50', { better: 'lower', unit: 'ms' }],
    // The name itself goes before patterns; what it leaves open, they say.
    ['lat_budget', { better: 'neither', unit: 'ms' }],
    ['f1_score', { better: 'higher', unit: 'points' }],
    ['lat_score', { better: 'lower', unit: 'ms' }],
    ['lat', { unit: 'points' }],
    ['a-b-c', { unit: 'J' }],
    ['abc', { unit: 'J' }],
    ['ac', { unit: 'points' }],
    ['abcd', { unit: 'points' }],
  ])('say of %s: %j', (name, facts) => {
    expect(ruleFor(rules, name)).toEqual(facts);
    expect(ruleFor([], name)).toEqual({});
  });

  it('do not count a letter twice where pieces overlap', () => {
    expect(ruleFor([{ metric: 'aa*aa', unit: 's' }], 'aaa')).toEqual({});
    expect(ruleFor([{ metric: 'aa*aa', unit: 's' }], 'aaaa')).toEqual({ unit: 's' });
  });

  it.each<[unknown, string]>([
    [[{ metric: 'x' }], 'say "better"'],
    [[{ metric: 'x', better: 'more' }], 'better'],
    [[{ metric: '', unit: 's' }], 'takes at least 1 character'],
    [[{ metric: ' x', unit: 's' }], 'spaces'],
    [[{ metric: '*a*b*c*d*e*f*g*h*', unit: 's' }], 'eight'],
    [
      [
        { metric: 'X', unit: 's' },
        { metric: 'x', unit: 'ms' },
      ],
      'twice',
    ],
    [[{ metric: 'x', unit: 's', lower_is_better: true }], 'lower_is_better'],
    [Array.from({ length: 501 }, (_, n) => ({ metric: `m${n}`, unit: 's' })), 'takes at most 500 entries'],
  ])('%j are refused: %s', (written, why) => {
    expect(JSON.stringify(metricRules.safeParse(written).error?.issues)).toContain(why.replaceAll('"', '\\"'));
  });
});
