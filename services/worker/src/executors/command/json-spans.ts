/** A part of a text that is a whole object or list, by its brackets. */
export interface Span {
  from: number;
  /** Exclusive. */
  to: number;
}

/** Objects and lists that stand side by side in one line, at most. */
const MAX_SPANS = 10_000;

/**
 * The outermost `{…}` and `[…]` of a text whose brackets close, in order. Brackets in texts count only outside of an object
 * (`[INFO]` is a list of no interest). One pass.
 * @returns also where the first bracket is that never closes
 */
export function jsonSpans(text: string): { spans: Span[]; open_from: number | undefined } {
  const spans: Span[] = [];
  const closing: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length && spans.length < MAX_SPANS; at++) {
    const char = text[at];
    if (char === '{' || char === '[') {
      if (closing.length === 0) from = at;
      closing.push(char === '{' ? '}' : ']');
    } else if (closing.length === 0) continue;
    else if (char === '"' || char === "'") {
      const end = endOfText(text, at, char);
      if (end < 0) return { spans, open_from: from };
      at = end;
    } else if (char === '}' || char === ']') {
      // What closes something else was no JSON: the next bracket begins anew.
      if (closing.pop() !== char) closing.length = 0;
      else if (closing.length === 0) spans.push({ from, to: at + 1 });
    }
  }
  return { spans, open_from: closing.length > 0 ? from : undefined };
}

/** Where a quoted text ends; -1 where it does not. */
function endOfText(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}
