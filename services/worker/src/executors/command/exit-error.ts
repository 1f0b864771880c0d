import { constants } from 'node:os';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The kernel ended a process for want of memory while the program ran. */
  kernel_out_of_memory: boolean;
  /** The program as the task wrote it. */
  program: string;
  /** The last line of standard error, for the message. */
  last_line: string;
}

/** What the end of a program means; null when it ended well. Pure. */
export function exitError(exit: Exit): TaskError | null {
  const { code, program } = exit;
  if (code === 0) return null;
  const said = exit.last_line === '' ? '' : `; its last line on stderr: ${exit.last_line.slice(0, 500)}`;
  // A shell reports its child's death by signal n as 128 + n.
  const signal = exit.signal ?? signalOfCode(code);
  if (signal === 'SIGKILL' && exit.kernel_out_of_memory) {
    const message = `${program} was ended by the kernel because the machine ran out of memory${said}`;
    return taskError('out_of_memory', 'KERNEL_OUT_OF_MEMORY', message, true);
  }
  if (signal !== undefined) {
    return taskError('crash', `KILLED_BY_${signal}`, `${program} was ended by ${signal}${said}`, true);
  }
  if (code === 127) {
    const message = `${program} ended with code 127: something that it wanted to start was not found${said}`;
    return taskError('bad_input', 'COMMAND_NOT_FOUND', message, false);
  }
  if (code === 126) {
    const message = `${program} ended with code 126: something that it wanted to start may not be executed${said}`;
    return taskError('bad_input', 'COMMAND_NOT_EXECUTABLE', message, false);
  }
  return taskError('crash', 'EXIT_CODE', `${program} ended with code ${code}${said}`, true);
}

function signalOfCode(code: number | null): NodeJS.Signals | undefined {
  if (code === null || code <= 128 || code > 192) return undefined;
  const entry = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return entry?.[0] as NodeJS.Signals | undefined;
}
