type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Bytes that tell UTF-16 without a mark: of plain text every second one is zero then. */
const LOOKED_AT = 8;

/**
 * Makes the bytes of one stream UTF-8, whatever the program's runtime writes: UTF-16 (PowerShell, Windows' wide streams) is
 * told by its byte order mark or by its zeros, and a mark is no part of the text. Other bytes go through as they are.
 */
export class OutputDecoder {
  #held: Buffer | undefined = Buffer.alloc(0);
  #utf16: InstanceType<typeof TextDecoder> | undefined;

  /** @param chunk - undefined at the end of the stream */
  push(chunk: Buffer | undefined): Buffer {
    if (this.#held === undefined) return this.#decode(chunk);
    const held: Buffer = chunk === undefined ? this.#held : Buffer.concat([this.#held, chunk]);
    // A few bytes tell it; a line that is complete needs no more of them.
    if (chunk !== undefined && held.length < LOOKED_AT && !(held.length >= 4 && held.includes(10))) {
      this.#held = held;
      return Buffer.alloc(0);
    }
    this.#held = undefined;
    const { encoding, mark } = encodingOf(held);
    if (encoding !== 'utf-8') this.#utf16 = new TextDecoder(encoding);
    const decoded = this.#decode(held.subarray(mark));
    return chunk === undefined ? Buffer.concat([decoded, this.#decode(undefined)]) : decoded;
  }

  #decode(chunk: Buffer | undefined): Buffer {
    if (this.#utf16 === undefined) return chunk ?? Buffer.alloc(0);
    return Buffer.from(
      chunk === undefined ? this.#utf16.decode() : this.#utf16.decode(chunk, { stream: true }),
      'utf8',
    );
  }
}

function encodingOf(bytes: Buffer): { encoding: Encoding; mark: number } {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', mark: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', mark: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', mark: 3 };
  if (bytes.length < 4) return { encoding: 'utf-8', mark: 0 };
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return { encoding: 'utf-16le', mark: 0 };
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return { encoding: 'utf-16be', mark: 0 };
  return { encoding: 'utf-8', mark: 0 };
}
