import { parseUnit, type Unit } from './parse-unit.ts';

/**
 * A value in another unit of the same family, exact where decimals allow it: 0.0123 s is 12.3 ms and not
 * 12.299999999999999.
 * @returns undefined where the two cannot be converted
 */
export function convert(value: number, from: string, to: string): number | undefined {
  if (from === to) return value;
  const [a, b] = [parseUnit(from), parseUnit(to)];
  if (a.family !== b.family) return undefined;
  return rescale(value, a, b);
}

/** The same for two units that are known to convert. */
export function rescale(value: number, a: Unit, b: Unit): number {
  let over = a.numerator * b.denominator;
  let under = a.denominator * b.numerator;
  const common = greatestCommonDivisor(over, under);
  over /= common;
  under /= common;
  if (over === under) return value;
  const [up, down] = [powerOfTen(over), powerOfTen(under)];
  if (up !== undefined && down !== undefined) return shift(value, up - down);
  return (value * Number(over)) / Number(under);
}

/** Moves the decimal point of the shortest decimal that is this number; the result is rounded once. */
function shift(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  const [digits = '0', exponent = '0'] = value.toString().split('e');
  return Number(`${digits}e${Number(exponent) + places}`);
}

/** n where the number is 10 to the n-th; undefined for others. */
function powerOfTen(number: bigint): number | undefined {
  const text = number.toString();
  return /^10*$/.test(text) ? text.length - 1 : undefined;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
