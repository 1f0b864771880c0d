/** Four digits that mean something, thousands marked, no exponent: `12.34`, `1,234`, `0.01234`; a dash for nothing. */
export function fourDigits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 });
}
