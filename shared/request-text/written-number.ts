/** What a number would lose if it were read; undefined for one that keeps its value. */
export interface NumberProblem {
  code: 'number_changed' | 'number_ambiguous';
  message: string;
}

const QUOTES = 'put it in quotes if it is a text';

/**
 * Whether a number, as its author wrote it, keeps its value when it is read as a double and sent on as JSON. Decimals
 * are rounded to 15 digits or more, as everywhere; whole numbers, infinities and leading zeros are not changed silently.
 */
export function numberProblem(source: string, value: number): NumberProblem | undefined {
  const shown = source.length > 60 ? `${source.slice(0, 60)}…` : source;
  if (/^[-+]?0\d/.test(source)) {
    const message = `${shown} has a leading zero: some readers take that for an octal number. Write ${value}, or ${QUOTES}`;
    return { code: 'number_ambiguous', message };
  }
  if (!Number.isFinite(value)) {
    const written = /\d/.test(source)
      ? `${shown} is larger than any number that can be kept`
      : `${shown} is not a JSON number`;
    return { code: 'number_changed', message: `${written}: leave it out, or ${QUOTES}` };
  }
  if (value === 0 && /^[^eE]*[1-9]/.test(source) && !/^[-+]?0[xob]/i.test(source)) {
    return { code: 'number_changed', message: `${shown} is so small that it would become 0: write 0, or ${QUOTES}` };
  }
  const digits = /^[-+]?(\d+|0x[\da-f]+|0o[0-7]+)(\.0*)?$/i.exec(source)?.[1];
  if (digits !== undefined && BigInt(digits) !== BigInt(Math.abs(value))) {
    return {
      code: 'number_changed',
      message: `${shown} has more digits than a number keeps, it would become ${value}: ${QUOTES}`,
    };
  }
  return undefined;
}
