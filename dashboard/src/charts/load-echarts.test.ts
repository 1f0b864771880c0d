import { expect, it } from 'vitest';
import { needsRest } from './load-echarts.ts';

it('only some charts need the rest of the chart library', () => {
  expect(needsRest({ series: [{ type: 'line' }, { type: 'bar' }] })).toBe(false);
  expect(needsRest({})).toBe(false);
  expect(needsRest({ series: [{ type: 'line' }, { type: 'heatmap' }] })).toBe(true);
  expect(needsRest({ series: { type: 'custom' } as never })).toBe(true);
  expect(needsRest({ visualMap: {} })).toBe(true);
});
