import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DetectionRule, detectionRule, SETTING_VALUES } from '../contracts/server-setting.ts';
import { detectionFor } from './detection-rules.ts';
import { settingFields } from './setting-fields.ts';

const rule = (benchmark: string, metric: string, threshold: number): DetectionRule => ({
  benchmark,
  metric,
  threshold,
});

describe('detectionFor', () => {
  it('takes each field from the most specific rule that has it', () => {
    const rules: DetectionRule[] = [
      { benchmark: '*', metric: '*', threshold: 4, confirm_runs: 1 },
      { benchmark: 'nightly-*', metric: '*', threshold: 6, min_runs: 10 },
      { benchmark: 'nightly-a', metric: 'latency_ms', threshold: 8 },
    ];
    expect(detectionFor(rules, 'Nightly-A', 'latency_ms')).toEqual({ threshold: 8, min_runs: 10, confirm_runs: 1 });
    expect(detectionFor(rules, 'nightly-b', 'latency_ms')).toEqual({ threshold: 6, min_runs: 10, confirm_runs: 1 });
    expect(detectionFor(rules, 'other', 'latency_ms')).toEqual({ threshold: 4, confirm_runs: 1 });
  });

  it('finds the benchmark closer than the metric, and the first of equal rules', () => {
    expect(detectionFor([rule('*', 'latency_ms', 3), rule('a*', '*', 4)], 'ab', 'latency_ms')).toEqual({
      threshold: 4,
    });
    expect(detectionFor([rule('a*', '*', 3), rule('*b', '*', 4)], 'ab', 'x')).toEqual({ threshold: 3 });
  });

  const name = fc.constantFrom('a', 'ab', 'abc', 'b');
  const pattern = fc.constantFrom('a', 'ab', 'a*', '*b*', '*');
  const rules = fc.uniqueArray(
    fc.record({ benchmark: pattern, metric: pattern, threshold: fc.integer({ min: 3, max: 99 }) }),
    {
      selector: ({ benchmark, metric }) => `${benchmark} ${metric}`,
      maxLength: 8,
    },
  );

  it('never takes a field from a rule that does not fit, and is the very rule where there is one', () => {
    fc.assert(
      fc.property(rules, name, name, (given, benchmark, metric) => {
        const { threshold } = detectionFor(given, benchmark, metric);
        const very = given.find((each) => each.benchmark === benchmark && each.metric === metric);
        if (very !== undefined) expect(threshold).toBe(very.threshold);
        const alone = given.filter((each) => detectionFor([each], benchmark, metric).threshold !== undefined);
        expect(threshold === undefined).toBe(alone.length === 0);
        if (threshold !== undefined) expect(alone.map((each) => each.threshold)).toContain(threshold);
      }),
    );
  });
});

it('a rule has a field, and a window that holds its runs', () => {
  expect(detectionRule.safeParse({ benchmark: 'a' }).error?.issues[0]?.message).toContain(
    'has no field: name one of threshold',
  );
  expect(detectionRule.safeParse({ window: 10, min_runs: 20 }).error?.issues[0]?.path).toEqual(['window']);
  const twice = [rule('A', '*', 4), rule('a', '*', 5)];
  expect(SETTING_VALUES.detection.safeParse(twice).success).toBe(false);
});

it('says of each field what applies and where it comes from', () => {
  const variable = (field: string, value: number, is_set: boolean) => ({
    ...({ setting: 'retention', field, value, is_set } as const),
    variable: `TTL_${field.toUpperCase()}_DAYS`,
  });
  const variables = [variable('samples', 30, false), variable('events', 10, true), variable('results', 100, true)];
  expect(
    settingFields('retention', { results: 7 }, variables).map(({ field, value, from, without_setting }) => [
      field,
      value,
      from,
      without_setting,
    ]),
  ).toEqual([
    ['samples', 30, 'default', 30],
    ['events', 10, 'variable', 10],
    ['results', 7, 'setting', 100],
  ]);
  expect(settingFields('retention', null, variables).map(({ from }) => from)).toEqual([
    'default',
    'variable',
    'variable',
  ]);
});
