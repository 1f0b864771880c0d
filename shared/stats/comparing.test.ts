import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adjustForMany } from './adjust-p.ts';
import { shiftBetween } from './shift.ts';
import { AS_NORMAL, studentCritical, studentTwoSided } from './student.ts';

it("Student's t as in the tables", () => {
  expect(studentCritical(0.05, 1)).toBeCloseTo(12.706, 3);
  expect(studentCritical(0.05, 10)).toBeCloseTo(2.228, 3);
  expect(studentCritical(0.01, 30)).toBeCloseTo(2.75, 3);
  expect(studentTwoSided(1.959964, AS_NORMAL)).toBeCloseTo(0.05, 5);
  expect(studentTwoSided(0, 3)).toBe(1);
});

it('p values of many tests as R adjusts them', () => {
  // p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "BH") and one that is left out
  const equal = adjustForMany([0.01, null, 0.02, 0.03, 0.04, 0.05]);
  expect(equal[1]).toBeNull();
  for (const p of equal.toSpliced(1, 1)) expect(p).toBeCloseTo(0.05, 12);
  const adjusted = adjustForMany([0.001, 0.2, 0.03]);
  expect(adjusted[0]).toBeCloseTo(0.003, 12);
  expect(adjusted[1]).toBeCloseTo(0.2, 12);
  expect(adjusted[2]).toBeCloseTo(0.045, 12);
});

it('the shift between two samples is that by which one was moved', () => {
  const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(values, fc.double({ min: -1e3, max: 1e3, noNaN: true }), (sample, by) => {
      const moved = sample.map((value) => value + by);
      const { shift, interval } = shiftBetween(sample, moved);
      expect(shift).toBeCloseTo(by, 6);
      if (interval !== null) {
        expect(interval.low).toBeLessThanOrEqual(shift + 1e-9);
        expect(interval.high).toBeGreaterThanOrEqual(shift - 1e-9);
      }
    }),
  );
});
