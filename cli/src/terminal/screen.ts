import type { Output } from './output.ts';
import { fitColoured } from './text-width.ts';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[0J';

/** Lines at the bottom of a terminal that are drawn again and again, with what scrolls past above them. */
export class LiveLines {
  #output: Output;
  #drawn = 0;
  #active = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Replaces the lines. Each is cut to the terminal's width, since a wrapped one would be counted wrong. */
  draw(lines: readonly string[], above: readonly string[] = []): void {
    const width = (this.#output.columns ?? 80) - 1;
    const fitting = lines.slice(0, this.#output.rows - 1).map((line) => fitColoured(line, width));
    const texts = [...above, ...fitting];
    const start = this.#active ? '' : HIDE_CURSOR;
    this.#output.write(`${start}${this.#home()}${texts.map((line) => `${line}\n`).join('')}`);
    this.#active = true;
    this.#drawn = fitting.length;
  }

  /** Takes the lines away and gives the cursor back. Idempotent. */
  clear(): void {
    if (!this.#active) return;
    this.#output.write(`${this.#home()}${SHOW_CURSOR}`);
    this.#active = false;
    this.#drawn = 0;
  }

  /** Leaves the lines as they are and gives the cursor back: what comes next is written below them. */
  finish(): void {
    if (this.#active) this.#output.write(SHOW_CURSOR);
    this.#active = false;
    this.#drawn = 0;
  }

  #home(): string {
    return `${this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''}\r${CLEAR_BELOW}`;
  }
}

/** The whole terminal, on a page of its own: what was there before comes back at the end. */
export class FullScreen {
  #output: Output;
  #open = false;

  constructor(output: Output) {
    this.#output = output;
  }

  draw(lines: readonly string[]): void {
    const width = (this.#output.columns ?? 80) - 1;
    const fitting = lines.slice(0, this.#output.rows).map((line) => `${fitColoured(line, width)}\x1b[K`);
    this.#output.write(`${this.#open ? '' : `\x1b[?1049h${HIDE_CURSOR}`}\x1b[H${fitting.join('\r\n')}${CLEAR_BELOW}`);
    this.#open = true;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#output.write(`${SHOW_CURSOR}\x1b[?1049l`);
  }
}
