import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AggregateRow } from '../contracts/rows.ts';
import { seriesAggregate } from '../contracts/series-aggregate.ts';
import { aggregateOf } from './series-aggregate.ts';

const rowOf = (values: number[], metric = 'latency_ms'): AggregateRow => ({
  ...{
    series_id: 's',
    benchmark: 'b',
    model: 'm',
    executor: 'onnx',
    precision: 'fp32',
    batch_size: 1,
    scenario: '',
    variant: '',
  },
  ...{
    fingerprint: 'f',
    metric,
    is_simulated: false,
    series_kind: 'result',
    pool: 'cpu-a',
    unit: metric === 'latency_ms' ? 'ms' : 'items/s',
  },
  ...{
    better: '',
    value: values.at(-1) ?? 0,
    measured_at: '2026-11-02T00:00:00.000Z',
    count: 100 + values.length,
    values,
  },
  run_id: '019ab000-0000-7000-8000-00000000000a',
});
const LEVEL = [10, 10.1, 9.9, 10.05, 9.95, 10, 10.1, 9.9, 10, 10.05];

it('says whether the newest point is better or worse, not larger or smaller', () => {
  expect(aggregateOf(rowOf([...LEVEL, 13]))).toMatchObject({ verdict: 'worse', basis: 'history', count: 111 });
  expect(aggregateOf(rowOf([...LEVEL, 13], 'throughput_items_per_second'))).toMatchObject({ verdict: 'better' });
  expect(aggregateOf(rowOf([...LEVEL, 10.02]))).toMatchObject({ verdict: 'same' });
  expect(aggregateOf(rowOf([10]))).toMatchObject({
    verdict: 'unknown',
    median: 10,
    ci_low: null,
    change_percent: null,
  });
  expect(aggregateOf(rowOf([10, 20]))).toMatchObject({ verdict: 'unknown', change_percent: 100 });
});

it('is what the contract says, with a median between the least and the greatest value', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 }), (values) => {
      const aggregate = aggregateOf(rowOf(values));
      expect(seriesAggregate.parse(JSON.parse(JSON.stringify(aggregate)))).toEqual(
        JSON.parse(JSON.stringify(aggregate)),
      );
      expect(aggregate.median).toBeGreaterThanOrEqual(Math.min(...values));
      expect(aggregate.median).toBeLessThanOrEqual(Math.max(...values));
    }),
  );
});
