import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { LineSplitter } from '@benchwire/shared/runtime/line-splitter.ts';
import { limitError } from './limit-error.ts';
import { Program, type ProgramOptions } from './program.ts';
import { stopped } from './watch-program.ts';

export interface PrepareOptions extends Omit<ProgramOptions, 'onOutput' | 'onLimit'> {
  /** As the task wrote it. */
  name: string;
  log: (line: string) => void;
  max_output_bytes: number;
  signal: AbortSignal;
}

/**
 * Runs `prepare`, which puts what is to be measured in place. Its output goes to the attempt's log, and nothing of it is measured.
 * @returns why the program itself can't run now; null when it can
 */
export async function prepare(options: PrepareOptions): Promise<TaskError | null> {
  const { name, log, max_output_bytes, limits, signal } = options;
  let failure: TaskError | undefined;
  let bytes = 0;
  let last_line = '';
  const lines = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const running = new Program({
    ...options,
    onOutput: async (stream, chunk) => {
      bytes += chunk?.length ?? 0;
      if (bytes > max_output_bytes) return;
      const complete = chunk === undefined ? lines[stream].end() : lines[stream].push(chunk);
      for (const { text } of complete) {
        if (text.trim() !== '') last_line = text;
        log(`prepare: ${text}`);
      }
    },
    onLimit: (kind, used) => {
      failure ??= limitError(name, kind, used, limits);
    },
  });
  const stop = (): void => {
    failure ??= stopped();
    running.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) return stopped();
  const { code, signal: ended_by, start_error } = await running.run();
  signal.removeEventListener('abort', stop);
  if (failure !== undefined) return failure;
  if (start_error === undefined && code === 0) return null;
  const how = start_error?.message ?? (code === null ? `was ended by ${ended_by}` : `ended with code ${code}`);
  const said = last_line === '' ? '' : `; its last line: ${last_line.slice(0, 500)}`;
  // A repository that is fetched may be there a moment later.
  return taskError('crash', 'PREPARE_FAILED', `prepare: ${name} ${how}${said}`, true);
}
