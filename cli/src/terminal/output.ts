import type { Writable } from 'node:stream';
import { escapeHidden } from '@benchwire/shared/format/visible-text.ts';

/** Where a command writes: stdout or stderr. */
export interface Output {
  /** Writes a line; a line end is added. Characters that nobody sees are written as `\u202e`, no matter who put them in. */
  line(text?: string): void;
  lines(texts: readonly string[]): void;
  /** As it is, with the codes that move the cursor. */
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  readonly rows: number;
  /** Resolves when everything was handed to the operating system, so that exiting loses nothing. */
  flush(): Promise<void>;
}

interface TerminalStream extends Writable {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/**
 * @param onBrokenPipe - the reader went away (`bw results | head -1`): not an error, but nothing more needs saying
 */
export function createOutput(stream: TerminalStream, onBrokenPipe: () => void): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') onBrokenPipe();
    else throw error;
  });
  const write = (text: string): void => {
    stream.write(text);
  };
  const isTerminal = stream.isTTY === true;
  return {
    write,
    line: (text = '') => write(`${escapeHidden(text)}\n`),
    lines: (texts) => {
      if (texts.length > 0) write(`${texts.map(escapeHidden).join('\n')}\n`);
    },
    isTerminal,
    // A terminal that does not know its size (some CI logs, `script`) says 0.
    get columns() {
      return isTerminal ? stream.columns || 80 : undefined;
    },
    get rows() {
      return stream.rows || 24;
    },
    flush: () => new Promise((resolve) => stream.write('', () => resolve())),
  };
}
