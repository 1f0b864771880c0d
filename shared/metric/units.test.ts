import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert } from './convert.ts';
import { parseUnit } from './parse-unit.ts';
import { seriesUnit } from './series-unit.ts';

describe('units', () => {
  it.each([
    [12.3, 'ms', 's', 0.0123],
    [0.0123, 's', 'ms', 12.3],
    [250, 'ns', 'us', 0.25],
    [1.1, 'µs', 'ns', 1100],
    [7, 'μs', 'usec', 7],
    [1.5, 'min', 's', 90],
    [2, 'h', 'minutes', 120],
    [3, 'milliseconds', 'msec', 3],
    [1, 'KiB', 'B', 1024],
    [1, 'MB', 'kB', 1000],
    [1, 'GiB', 'MiB', 1024],
    [8, 'Mbit', 'MB', 1],
    [1, 'Gbps', 'MB/s', 125],
    [600, 'requests/min', 'req/s', 10],
    [41.3, 'tok/s', 'tokens_per_second', 41.3],
    [41.3, 'tokens/sec', 'tokens per second', 41.3],
    [2, 'ktok/s', 't/s', 2000],
    [60, 'fps', 'frames/s', 60],
    [3, 'krps', 'requests/second', 3000],
    [5, '%', 'ratio', 0.05],
    [0.91, 'fraction', 'percent', 91],
    [250, 'mW', 'W', 0.25],
    [1, 'kWh', 'kJ', 3600],
    [2, 'TFLOPS', 'GFLOP/s', 2000],
    [20, 'ms/token', 's/tok', 0.02],
    [10, 'tokens s^-1', 'tok/s', 10],
    [100, '1/s', '/s', 100],
  ])('%d %s is the same in %s', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBe(expected);
  });

  it.each([
    ['ms', 'MB'],
    ['tok/s', 'img/s'],
    ['Mb', 'MB'],
    ['m', 'min'],
    ['C', 'K'],
    ['ms', 'ms/token'],
    ['%', 'ms'],
    ['points', 'score'],
    ['mW', 'mJ'],
  ])('%s does not convert to %s', (from, to) => {
    expect(convert(1, from, to)).toBeUndefined();
  });

  it('decimal steps lose nothing, there and back', () => {
    const value = fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((x) => Number(x.toPrecision(12)));
    fc.assert(
      fc.property(value, fc.constantFrom('ns', 'us', 'ms', 's'), fc.constantFrom('ns', 'us', 'ms', 's'), (x, a, b) => {
        expect(convert(convert(x, a, b) ?? Number.NaN, b, a)).toBe(x);
      }),
    );
  });

  it('are read from any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseUnit(text)));
  });
});

describe('the unit of a history', () => {
  it.each([
    // What the name says about its unit keeps the history that there was before units counted: no family in its name.
    ['step_time', 'ms', 'ms', ''],
    ['step_time', 's', 'ms', ''],
    ['load_seconds', 'ms', 's', ''],
    ['load_seconds', null, 's', ''],
    ['peak_memory', 'GiB', 'MB', ''],
    ['memory_mib', 'GB', 'MiB', ''],
    ['tokens_per_second', null, 'tokens/s', ''],
    ['tokens_per_second', 'tok/s', 'tokens/s', ''],
    ['tokens_per_second', '/s', 'tokens/s', ''],
    ['fps', 'frames/s', 'frames/s', ''],
    ['accuracy', null, null, ''],
    // A single letter is a name.
    ['d', null, null, ''],
    ['ms', null, 'ms', ''],
    // Everything else is another history.
    ['step_time', 'MB', 'MB', 'bytes'],
    ['step_time', null, null, 'none'],
    ['decode', 'ms', 'ms', 'time'],
    ['decode', 'tok/s', 'tokens/s', 'tokens/time'],
    ['fps', 'img/s', 'images/s', 'images/time'],
    ['decode_rate', 'tok/s/gpu', 'tokens/s/gpu', 'tokens/time/gpu'],
    ['heap', 'Gi', 'MB', ''],
    ['speed', 'm/s', 'm/s', 'm/time'],
    ['widgets', 'widget/min', 'widgets/s', 'widgets/time'],
    ['accuracy', '%', '%', 'share'],
    ['accuracy', 'ratio', '%', 'share'],
    ['quality', 'points', 'points', 'other:points'],
  ])('%s in %s is kept in %s, family %j', (metric, unit, kept, family) => {
    expect(seriesUnit(metric, unit)).toMatchObject({ unit: kept, family });
  });

  it('takes values of all units of a family', () => {
    expect(seriesUnit('step_time', 's').convert(0.0123)).toBe(12.3);
    expect(seriesUnit('tokens_per_second', '/min').convert(60)).toBe(1);
    expect(seriesUnit('wer', 'ratio').convert(0.05)).toBe(5);
  });
});
