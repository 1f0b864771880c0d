import type { Line } from '@benchwire/shared/runtime/line-splitter.ts';
import { jsonSpans } from './json-spans.ts';
import { isLogPrefix } from './log-prefix.ts';
import { withoutControls } from './metric-line.ts';

/** An object over more lines, or longer, is text. */
const MAX_LINES = 5000;
const MAX_CHARACTERS = 256 * 1024;

/** What became of the lines so far. */
export type Gathered =
  /** Kept until its end is there. */
  | { kind: 'held' }
  /** Whole: `text` is all of them, `lines` each alone. */
  | { kind: 'whole'; text: string; lines: Line[] }
  /** No object: each line for itself. */
  | { kind: 'lines'; lines: Line[] };

/** Gathers the lines of a JSON object or list that is printed over several (`indent=2`). Bounded; every line comes out again. */
export class JsonBlock {
  #lines: Line[] = [];
  #characters = 0;
  #depth = 0;

  push(line: Line): Gathered {
    if (this.#lines.length === 0) return this.#begin(line);
    const text = withoutControls(line.text);
    this.#lines.push(line);
    this.#characters += text.length;
    if (
      line.cut ||
      line.overwritten ||
      this.#lines.length > MAX_LINES ||
      this.#characters > MAX_CHARACTERS ||
      this.#isNoPart(text)
    )
      return { kind: 'lines', lines: this.#release() };
    this.#depth += depthOf(text);
    if (this.#depth > 0) return { kind: 'held' };
    const lines = this.#release();
    return { kind: 'whole', text: lines.map((each) => each.text).join('\n'), lines };
  }

  /** What is held when the stream ends. */
  end(): Line[] {
    return this.#release();
  }

  #begin(line: Line): Gathered {
    if (line.cut || line.overwritten || !(line.text.includes('{') || line.text.includes('[')))
      return { kind: 'lines', lines: [line] };
    const text = withoutControls(line.text);
    const { open_from } = jsonSpans(text);
    if (open_from === undefined || !OPENING.test(text.slice(open_from)) || !isLogPrefix(text.slice(0, open_from)))
      return { kind: 'lines', lines: [line] };
    this.#lines = [line];
    this.#characters = text.length;
    this.#depth = depthOf(text.slice(open_from));
    return { kind: 'held' };
  }

  /** In JSON an object stands behind `:`, `,` or `[` only: elsewhere the bracket before it opened something else. */
  #isNoPart(text: string): boolean {
    if (!text.trimStart().startsWith('{')) return false;
    const before = this.#lines
      .slice(0, -1)
      .findLast((each) => each.text.trim() !== '')
      ?.text.trimEnd();
    return !/[:,[]$/.test(before ?? '');
  }

  #release(): Line[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

/** How an object or list begins that goes on in the next line. */
const OPENING = /^(\{|\[)\s*($|["'{[])/;

/** Brackets that a line opens less those that it closes, outside of texts; a text ends with its line. */
function depthOf(line: string): number {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
  }
  return depth;
}
