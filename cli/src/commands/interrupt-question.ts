import type { Client } from '@benchwire/shared/client/client.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { CliContext } from '../context.ts';
import type { Reporter } from '../progress/reporter.ts';
import { CTRL_C, readKeys } from '../terminal/read-key.ts';
import { LiveLines } from '../terminal/screen.ts';

export interface QuestionOptions {
  context: CliContext;
  client: Client;
  run_id: string;
  reporter: Reporter;
  /** Ends the following; the run goes on. */
  leave: () => void;
}

/** What Ctrl-C asks, and how it is taken back. */
export interface InterruptQuestion {
  onInterrupt: () => void;
  /** Takes an open question away, when the run has ended meanwhile. */
  close: () => void;
}

const MENU = ['d  detach: the run goes on', 'c  cancel the run', 'g  go on watching'];

/**
 * What Ctrl-C does while a run is followed. In a terminal it shows a menu that takes one key: detach, cancel, or go on
 * watching; a second Ctrl-C detaches. Without a terminal it detaches at once.
 */
export function interruptQuestion({ context, client, run_id, reporter, leave }: QuestionOptions): InterruptQuestion {
  const { stdin, err, errStyle } = context;
  const menu = new LiveLines(err);
  let stopReading: (() => void) | undefined;
  const close = (): void => {
    if (stopReading === undefined) return;
    stopReading();
    stopReading = undefined;
    menu.clear();
  };
  const cancel = (): void => {
    err.line('Cancelling the run: its running tasks are being stopped.');
    client.cancel(run_id, 'cancelled with Ctrl-C in bw run').catch((error: unknown) => {
      err.line(`The run could not be cancelled: ${messageOf(error)}`);
    });
  };
  const onKey = (key: string): void => {
    const choice = key.toLowerCase();
    if (choice === 'd' || key === CTRL_C) {
      close();
      leave();
    } else if (choice === 'c' || choice === 'g') {
      close();
      if (choice === 'c') cancel();
      reporter.resume();
    }
  };
  const onInterrupt = (): void => {
    const canAsk = stdin.isTTY === true && err.isTerminal;
    if (stopReading !== undefined || !canAsk) {
      close();
      leave();
      return;
    }
    reporter.pause();
    menu.draw([errStyle.bold('Press a key:'), ...MENU.map((line) => `  ${line}`)]);
    stopReading = readKeys(stdin, onKey);
  };
  return { onInterrupt, close };
}
