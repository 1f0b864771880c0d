import { type FileHandle, open } from 'node:fs/promises';

/** One field of a message: a number for a varint, else where its content lies in the file. */
export interface Field {
  number: number;
  wire: number;
  value: number;
  start: number;
  end: number;
}

/** A file that ends, or turns into something else, in the middle of a message. */
export class NotProtobuf extends Error {
  /** How long the file would have to be, where it is cut off; null where it is something else. */
  readonly needs_bytes: number | null;

  constructor(needs_bytes: number | null) {
    super(needs_bytes === null ? 'no protobuf' : 'cut off');
    this.needs_bytes = needs_bytes;
  }
}

const PIECE = 256 * 1024;

/**
 * Reads the structure of a protobuf file of any size (https://protobuf.dev/programming-guides/encoding/): only what is asked
 * for comes from the disk, so that the weights of a model are skipped and not read. No schema: who asks knows the numbers.
 */
export class ProtobufFile {
  readonly size: number;
  readonly #file: FileHandle;
  #piece = Buffer.alloc(0);
  #piece_start = 0;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<ProtobufFile> {
    const file = await open(path);
    try {
      return new ProtobufFile(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  /** The fields of the message between two offsets, in the order of the file. @throws NotProtobuf */
  async *fields(start: number, end: number): AsyncGenerator<Field> {
    let at = start;
    while (at < end) {
      const tag = await this.#varint(at, end);
      const number = Math.floor(tag.value / 8);
      const wire = tag.value % 8;
      if (number === 0) throw new NotProtobuf(null);
      const content = await this.#content(wire, tag.next, end);
      at = content.end;
      yield { number, wire, ...content };
    }
  }

  async text({ start, end }: Field): Promise<string> {
    if (end - start > PIECE) throw new NotProtobuf(null);
    await this.#load(start, end - start);
    return this.#piece.toString('utf8', start - this.#piece_start, end - this.#piece_start);
  }

  /** Of a packed field. */
  async varints({ start, end }: Field): Promise<number[]> {
    const values: number[] = [];
    for (let at = start; at < end && values.length < 1000; ) {
      const { value, next } = await this.#varint(at, end);
      values.push(value);
      at = next;
    }
    return values;
  }

  async #content(wire: number, at: number, end: number): Promise<Pick<Field, 'value' | 'start' | 'end'>> {
    if (wire === 0) {
      const { value, next } = await this.#varint(at, end);
      return { value, start: at, end: next };
    }
    const length = wire === 1 ? { value: 8, next: at } : wire === 5 ? { value: 4, next: at } : undefined;
    if (length === undefined && wire !== 2) throw new NotProtobuf(null);
    const { value, next } = length ?? (await this.#varint(at, end));
    if (next + value > end) throw new NotProtobuf(end === this.size ? next + value : null);
    return { value: 0, start: next, end: next + value };
  }

  async #varint(at: number, end: number): Promise<{ value: number; next: number }> {
    if (at < this.#piece_start || at + 10 > this.#piece_start + this.#piece.length) await this.#load(at, 10);
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) throw new NotProtobuf(end === this.size ? end + 1 : null);
      const byte = this.#piece[at + i - this.#piece_start] ?? 0;
      // Not by shifting: lengths go beyond 32 bits. What goes beyond 53 is negative, and nobody asks for that.
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, next: at + i + 1 };
    }
    throw new NotProtobuf(null);
  }

  /** Has at least `bytes` from there in memory, as far as the file goes. */
  async #load(at: number, bytes: number): Promise<void> {
    if (at >= this.#piece_start && at + bytes <= this.#piece_start + this.#piece.length) return;
    const piece = Buffer.allocUnsafe(Math.max(bytes, PIECE));
    let filled = 0;
    while (filled < piece.length) {
      const { bytesRead } = await this.#file.read(piece, filled, piece.length - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#piece = piece.subarray(0, filled);
    this.#piece_start = at;
  }
}
