import { stripVTControlCharacters } from 'node:util';
import type { AttemptKey } from '@benchwire/shared/contracts/ids.ts';
import type { CliContext } from '../context.ts';

/** Prints logs: the lines as they are, with the task before each where there are several. */
export class LogPrinter {
  readonly #context: CliContext;
  readonly #names_tasks: boolean;
  #printed = 0;

  constructor(context: CliContext, names_tasks: boolean) {
    this.#context = context;
    this.#names_tasks = names_tasks;
  }

  /** Lines printed so far. */
  get printed(): number {
    return this.#printed;
  }

  print({ run_id, task_id, attempt }: AttemptKey, bytes: Uint8Array): void {
    const { out, style, json } = this.#context;
    const lines = new TextDecoder().decode(bytes).split('\n');
    if (lines.at(-1) === '') lines.pop();
    this.#printed += lines.length;
    const again = attempt > 1 ? ` (attempt ${attempt})` : '';
    const head = this.#names_tasks || again !== '' ? `${style.dim(`${task_id}${again}`)}  ` : '';
    out.lines(
      lines.map((line) =>
        json
          ? JSON.stringify({ run_id, task_id, attempt, line })
          : // What a program printed must not move the cursor of anyone who reads it.
            `${head}${stripVTControlCharacters(line.replace(/\r$/, '')).replaceAll('\t', '    ')}`,
      ),
    );
  }
}
