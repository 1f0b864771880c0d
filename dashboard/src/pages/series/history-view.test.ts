import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeName, readZoom, valueAxis, WHOLE, writeZoom } from './history-view.ts';

it('a part of the axis is read from the address as it was written', () => {
  const part = fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 10_000 }));
  fc.assert(
    fc.property(part, ([a, b]) => {
      const [start, end] = [Math.min(a, b) / 100, Math.max(a, b) / 100];
      fc.pre(start < end);
      expect(readZoom(writeZoom({ start, end }))).toEqual({ start, end });
    }),
  );
  for (const nonsense of ['', 'x', '5', '40-20', '-5-20', '0-101']) expect(readZoom(nonsense)).toEqual(WHOLE);
});

it('a run is called by its commit where it has one', () => {
  const points = [{ commit: 'abcdef1234567' }, { commit: '' }];
  expect([1, 2, 3].map((place) => placeName(points, place, true))).toEqual(['abcdef12', '2', '3']);
  expect([placeName(points, 1, false), placeName(points, 7.2, true)]).toEqual(['1', '']);
});

it('a logarithm is only taken of values above zero', () => {
  const points = (...values: number[]) => values.map((value) => ({ value, unit: 'ms' }));
  expect(valueAxis(points(1, 10), 'log', undefined)).toMatchObject({ type: 'log' });
  expect(valueAxis(points(0, 10), 'log', undefined)).toMatchObject({ type: 'value', scale: true });
  expect(valueAxis(points(5), 'zero', undefined)).toMatchObject({ type: 'value', scale: false });
  const { axisLabel } = valueAxis(points(5), 'percent', 20) as unknown as {
    axisLabel: { formatter: (tick: number) => string };
  };
  expect(axisLabel.formatter(25)).toBe('+25.0 %');
});
