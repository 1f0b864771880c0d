import type { Readable } from 'node:stream';

/** A terminal's input, as far as single keys need it. */
export type KeyInput = Readable & { isTTY?: boolean; isRaw?: boolean; setRawMode?(on: boolean): unknown };

/** What Ctrl-C sends while a terminal is in raw mode. */
export const CTRL_C = '\x03';

/**
 * Hands over single keys as they are pressed, without Enter, until it is stopped.
 * Keys that were pressed before count as well. Raw mode is on for as long, so Ctrl-C comes as `CTRL_C` and not as a signal.
 * @returns what ends it and puts the terminal back as it was; idempotent
 */
export function readKeys(input: KeyInput, onKey: (key: string) => void): () => void {
  const wasRaw = input.isRaw === true;
  const wasPaused = input.isPaused() || input.readableFlowing === null;
  let stopped = false;
  const onData = (data: Buffer | string): void => {
    const text = data.toString();
    // An arrow or a function key is a sequence; its letters are not those of the menu.
    if (text.startsWith('\x1b')) return;
    for (const key of text) {
      if (stopped) return;
      onKey(key);
    }
  };
  input.setRawMode?.(true);
  input.on('data', onData);
  input.resume();
  return () => {
    if (stopped) return;
    stopped = true;
    input.off('data', onData);
    if (!wasRaw) input.setRawMode?.(false);
    if (wasPaused) input.pause();
  };
}
