import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut: a program that prints without ever ending a line must not fill the memory. */
const longest = 64 * 1024;

/** Turns a byte stream into lines. */
export class LineSplitter {
  #decoder = new StringDecoder('utf8');
  #rest = '';
  #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#rest.length > longest) this.end();
  }

  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }
}
