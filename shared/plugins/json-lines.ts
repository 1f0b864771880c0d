import type { Readable } from 'node:stream';

/** What is read is not what was agreed. */
export class ProtocolError extends Error {}

/** A line that is longer is not read. */
const MAX_LINE_BYTES = 64e6;
const LF = 10;

/** The values of a stream of JSON lines. @throws ProtocolError for a line that is too long or not JSON */
export class JsonLines implements AsyncIterable<unknown> {
  readonly #stream: Readable;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    let parts: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
        const line = Buffer.concat([...parts, chunk.subarray(from, at)]).toString('utf8');
        parts = [];
        bytes = 0;
        from = at + 1;
        if (line.trim() !== '') yield parsed(line);
      }
      if (from === chunk.length) continue;
      parts.push(chunk.subarray(from));
      bytes += chunk.length - from;
      if (bytes > MAX_LINE_BYTES) throw new ProtocolError(`a message has more than ${MAX_LINE_BYTES / 1e6} MB`);
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ProtocolError(`not JSON: ${line.slice(0, 100)}`);
  }
}
