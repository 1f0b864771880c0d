/** A line that grows beyond this is cut: a program that prints a line of megabytes would otherwise fill the memory. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** How much of a cut line is kept. */
const KEPT_BYTES = 64 * 1024;

const LF = 10;
const CR = 13;

export interface Line {
  text: string;
  /** Longer than `MAX_LINE_BYTES`: `text` is only its beginning. */
  cut: boolean;
  /** It ended with a carriage return alone: on a terminal the next one takes its place, as in a progress bar. */
  overwritten: boolean;
}

/**
 * Turns the chunks of a stream into lines, with bounded memory. A line ends at a line feed, at both (Windows), or at a
 * carriage return alone, which is how programs draw progress bars.
 */
export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #skipping = false;
  /** The chunk before ended with a carriage return: what follows tells whether the line was overwritten. */
  #returned = false;

  /** The lines that a chunk completes, plus a line that has just become too long. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    if (chunk.length === 0) return lines;
    let from = 0;
    if (this.#returned) {
      this.#returned = false;
      from = chunk[0] === LF ? 1 : 0;
      this.#end(lines, chunk.subarray(0, 0), from === 0);
    }
    let returned = chunk.indexOf(CR, from);
    let fed = chunk.indexOf(LF, from);
    while (returned >= 0 || fed >= 0) {
      if (returned < 0 || (fed >= 0 && fed < returned)) {
        this.#end(lines, chunk.subarray(from, fed), false);
        from = fed + 1;
        fed = chunk.indexOf(LF, from);
        continue;
      }
      if (returned === chunk.length - 1) {
        this.#keep(chunk.subarray(from, returned), lines);
        this.#returned = true;
        return lines;
      }
      const both = fed === returned + 1;
      this.#end(lines, chunk.subarray(from, returned), !both);
      from = returned + (both ? 2 : 1);
      if (both) fed = chunk.indexOf(LF, from);
      returned = chunk.indexOf(CR, from);
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from), lines);
    return lines;
  }

  /** What stands behind the last line's end. */
  end(): Line[] {
    this.#returned = false;
    const lines: Line[] = [];
    if (this.#bytes > 0) this.#end(lines, Buffer.alloc(0), false);
    return lines;
  }

  #end(lines: Line[], last: Buffer, overwritten: boolean): void {
    if (this.#skipping) this.#skipping = false;
    else if (!overwritten || this.#bytes + last.length > 0) lines.push(this.#complete(last, overwritten));
  }

  #keep(rest: Buffer, lines: Line[]): void {
    if (this.#skipping || rest.length === 0) return;
    // A copy: the rest of the chunk must not be held back with it.
    this.#parts.push(Buffer.from(rest));
    this.#bytes += rest.length;
    if (this.#bytes <= MAX_LINE_BYTES) return;
    lines.push(this.#complete(Buffer.alloc(0), false));
    this.#skipping = true;
  }

  #complete(last: Buffer, overwritten: boolean): Line {
    let bytes = last;
    if (this.#bytes > 0) {
      bytes = Buffer.concat([...this.#parts, last]);
      this.#parts = [];
      this.#bytes = 0;
    }
    if (bytes.length > MAX_LINE_BYTES) return { text: bytes.toString('utf8', 0, KEPT_BYTES), cut: true, overwritten };
    return { text: bytes.toString('utf8'), cut: false, overwritten };
  }
}
