/** As the contract says: at most this much, before encoding. */
export const MAX_LOG_BYTES = 64 * 1024;

/** Keeps the last lines that an attempt printed, by their size in UTF-8. */
export class LogTail {
  #lines: Buffer[] = [];
  #first = 0;
  #bytes = 0;
  #printed = 0;
  #dropped = false;

  get isEmpty(): boolean {
    return this.#printed === 0;
  }

  /** Adds a line, without its line feed. */
  add(line: string): void {
    // A character takes at least one byte, so nothing beyond this many at the end can matter.
    const text = line.length > MAX_LOG_BYTES ? line.slice(-MAX_LOG_BYTES) : line;
    const bytes = Buffer.from(`${text}\n`);
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
    this.#printed += bytes.length;
    while (this.#bytes - (this.#lines[this.#first]?.length ?? 0) >= MAX_LOG_BYTES) {
      this.#bytes -= this.#lines[this.#first]?.length ?? 0;
      this.#first++;
      this.#dropped = true;
    }
    // Taking lines off the front one by one would cost the whole list each time.
    if (this.#first > 1024 && this.#first * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The lines behind the first `after` bytes, as far as they are still held, in Base64; `next` is how many bytes there were in all. */
  since(after: number): { text: string; next: number } {
    const held = Buffer.concat(this.#lines.slice(this.#first));
    const unread = Math.max(0, this.#printed - after);
    return { text: held.subarray(Math.max(0, held.length - unread)).toString('base64'), next: this.#printed };
  }

  /** Base64 of the last `limit` bytes, from the start of a line where lines had to go; null when nothing was printed. */
  toBase64(limit: number = MAX_LOG_BYTES): string | null {
    if (this.#lines.length === 0 || limit <= 0) return null;
    const all = Buffer.concat(this.#lines.slice(this.#first));
    if (all.length <= limit && !this.#dropped) return all.toString('base64');
    const tail = all.subarray(Math.max(0, all.length - limit));
    const lineEnd = all.length > limit ? tail.indexOf(10) : -1;
    return tail.subarray(lineEnd < 0 || lineEnd === tail.length - 1 ? 0 : lineEnd + 1).toString('base64');
  }
}
