/** Made once: `toLocaleString` makes one each time, which takes 30 times as long. */
const FOUR_DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

/** Four digits that mean something, thousands marked, no exponent: `12.34`, `1,234`, `0.01234`; a dash for nothing. */
export function fourDigits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return FOUR_DIGITS.format(Number(value.toPrecision(4)));
}
