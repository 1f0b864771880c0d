import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { writeIfPossible } from './disk-full.ts';

/** With the one before it kept, a process never takes more than twice this. */
const rotateBytes = 16 * 1024 * 1024;

/** A log that starts anew when it has grown too long, keeping the previous one as `….1`. */
export class LogFile {
  readonly path: string;
  #bytes: number;
  #dropped = 0;

  constructor(path: string) {
    this.path = path;
    rotateIfLong(path);
    this.#bytes = existsSync(path) ? statSync(path).size : 0;
  }

  /** A line that there is no room for is left out, and how many were is said by the next one. */
  append(line: string): void {
    const gap = this.#dropped === 0 ? '' : `(${this.#dropped} lines are missing here: the disk was full)\n`;
    const text = `${gap}${line}\n`;
    if (!writeIfPossible(() => appendFileSync(this.path, text, { mode: 0o600 }))) {
      this.#dropped++;
      return;
    }
    this.#dropped = 0;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > rotateBytes) {
      rotateIfLong(this.path);
      this.#bytes = 0;
    }
  }
}

/** Opens a log for a child process to write by itself, so that it goes on when this process is gone. */
export function openForChild(path: string): number {
  rotateIfLong(path);
  return openSync(path, 'a', 0o600);
}

function rotateIfLong(path: string): void {
  if (existsSync(path) && statSync(path).size > rotateBytes) renameSync(path, `${path}.1`);
}

/** The last lines of a file, without reading all of it. */
export function lastLines(path: string, count: number): string[] {
  if (!existsSync(path)) return [];
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 8192));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  } finally {
    closeSync(file);
  }
}
