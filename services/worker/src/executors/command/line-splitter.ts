/** A line that grows beyond this is cut: whoever prints a line of megabytes would otherwise fill the memory. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** How much of a cut line is kept. */
const KEPT_BYTES = 64 * 1024;

export interface Line {
  text: string;
  /** Longer than `MAX_LINE_BYTES`: `text` is only its beginning. */
  cut: boolean;
}

/** Turns the chunks of a stream into lines, with bounded memory. Lines end at a line feed; a carriage return before it goes. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #skipping = false;

  /** The lines that a chunk completes, plus a line that has just become too long. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(10, from);
      if (end < 0) break;
      if (this.#skipping) this.#skipping = false;
      else lines.push(this.#complete(chunk.subarray(from, end)));
      from = end + 1;
    }
    if (from < chunk.length && !this.#skipping) this.#keep(chunk.subarray(from), lines);
    return lines;
  }

  /** What stands behind the last line feed. */
  end(): Line[] {
    return this.#bytes === 0 ? [] : [this.#complete(Buffer.alloc(0))];
  }

  #keep(rest: Buffer, lines: Line[]): void {
    // A copy: the rest of the chunk must not be held back with it.
    this.#parts.push(Buffer.from(rest));
    this.#bytes += rest.length;
    if (this.#bytes <= MAX_LINE_BYTES) return;
    lines.push(this.#complete(Buffer.alloc(0)));
    this.#skipping = true;
  }

  #complete(last: Buffer): Line {
    let bytes = last;
    if (this.#bytes > 0) {
      bytes = Buffer.concat([...this.#parts, last]);
      this.#parts = [];
      this.#bytes = 0;
    }
    if (bytes.length > MAX_LINE_BYTES) return { text: bytes.toString('utf8', 0, KEPT_BYTES), cut: true };
    const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length;
    return { text: bytes.toString('utf8', 0, end), cut: false };
  }
}
