/** Words, numbers, names of both (ids, hashes), blanks, what is not ASCII, and every other character by itself. */
const PARTS = /[A-Za-z]+|\d+|[\t ]+|\P{ASCII}|[^A-Za-z0-9\t ]/gu;
const MIXED = /[A-Za-z0-9]*(?:[A-Za-z]\d|\d[A-Za-z])[A-Za-z0-9]*/g;

/**
 * How many tokens a text has at most, for the tokenizers of current models: more than they count for English and for ids, so that a
 * text within a limit stays within it (tested against o200k and cl100k). Pure.
 */
export function tokenEstimate(text: string): number {
  let tokens = 0;
  // Hashes are worst: three characters may be three tokens.
  const words = text.replace(MIXED, (id) => {
    tokens += id.length * 0.85;
    return '';
  });
  for (const [part = ''] of words.matchAll(PARTS)) tokens += tokensOf(part);
  return Math.ceil(tokens);
}

function tokensOf(part: string): number {
  if (part.charCodeAt(0) > 0x7f) return Buffer.byteLength(part);
  if (/[A-Za-z]/.test(part)) return 1 + part.length / 4;
  if (/\d/.test(part)) return Math.ceil(part.length / 2);
  // A blank before a word is part of the word's token.
  if (part === ' ') return 0;
  return part.trim() === '' ? Math.ceil(part.length / 4) : 1;
}
