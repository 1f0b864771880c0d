import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Client } from '@benchwire/shared/client/client.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { CliContext } from '../context.ts';
import type { Reporter } from '../progress/reporter.ts';

export interface QuestionOptions {
  context: CliContext;
  client: Client;
  run_id: string;
  reporter: Reporter;
  /** Ends the following; the run goes on. */
  leave: () => void;
}

/**
 * What Ctrl-C does while a run is followed. In a terminal it asks: leave the run going, cancel it, or go on watching; a
 * second Ctrl-C leaves. Without a terminal nobody can answer, so it leaves.
 */
export function askWhatToDo({ context, client, run_id, reporter, leave }: QuestionOptions): () => void {
  let asking = false;
  return () => {
    const canAsk = context.stdin.isTTY === true && context.err.isTerminal && context.stdin instanceof Readable;
    if (asking || !canAsk) return leave();
    asking = true;
    reporter.pause();
    const prompt = createInterface({ input: context.stdin, output: process.stderr, terminal: true });
    const done = (next: () => void): void => {
      asking = false;
      prompt.close();
      context.stdin.pause();
      next();
    };
    prompt.on('SIGINT', () => {
      context.err.line();
      done(leave);
    });
    prompt.question('The run continues without bw. [l]eave it, [c]ancel it, keep [w]atching? (l) ', (answer) => {
      const letter = answer.trim().toLowerCase()[0] ?? 'l';
      if (letter === 'l') return done(leave);
      if (letter === 'c') {
        context.err.line('cancelling: stopping the running tasks …');
        client.cancel(run_id, 'cancelled with Ctrl-C in bw run').catch((error: unknown) => {
          context.err.line(`could not cancel: ${messageOf(error)}`);
        });
      }
      done(() => reporter.resume());
    });
  };
}
