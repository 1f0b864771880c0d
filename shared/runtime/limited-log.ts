import type { Log } from './log.ts';

/** Of each text so many lines in so much time. */
const MAX_LINES = 20;
const WINDOW_MS = 5000;

/**
 * A log for what others cause and may cause thousands of times a second. Lines are written synchronously, so a flood of
 * them would stop the process for as long as their reader is slow. Of each text some lines are written, and then how many
 * were left out.
 */
export class LimitedLog {
  readonly #log: Pick<Log, 'warn' | 'error'>;
  readonly #texts = new Map<string, { lines: number }>();

  constructor(log: Pick<Log, 'warn' | 'error'>) {
    this.#log = log;
  }

  warn(details: object, text: string): void {
    this.#write('warn', details, text);
  }

  error(details: object, text: string): void {
    this.#write('error', details, text);
  }

  #write(level: 'warn' | 'error', details: object, text: string): void {
    const known = this.#texts.get(text);
    if (known === undefined) {
      const opened = { lines: 1 };
      this.#texts.set(text, opened);
      const timer = setTimeout(() => {
        this.#texts.delete(text);
        if (opened.lines > MAX_LINES) this.#log[level]({ left_out: opened.lines - MAX_LINES }, text);
      }, WINDOW_MS);
      timer.unref();
    } else if (++known.lines > MAX_LINES) return;
    this.#log[level](details, text);
  }
}
