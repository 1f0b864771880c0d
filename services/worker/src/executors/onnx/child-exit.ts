import { readFile } from 'node:fs/promises';
import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';

/** How a process ended that was not told to. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to standard error. */
  stderr_tail: string;
  /** Processes that the kernel killed for memory meanwhile; null where that is not to be known. */
  kernel_oom_kills: number | null;
}

/** What V8, libc++ and libstdc++ print before they abort for want of memory; an exit status alone doesn't tell. */
const ABORT_FOR_MEMORY = /heap out of memory|heap limit|bad_alloc|out of memory|cannot allocate memory/i;

/** The task's error for a child that ended by itself without a result: out of memory, or a crash. */
export function classifyExit(exit: ChildExit): TaskError {
  const how = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
  const tail = exit.stderr_tail.trim().slice(-1500);
  const printed = tail === '' ? '' : ` Its last words: ${tail}`;
  // Node turns a failed allocation into abort(); 134 is what a shell makes of SIGABRT.
  const aborted = exit.signal === 'SIGABRT' || exit.signal === 'SIGTRAP' || exit.code === 134;
  if (aborted && ABORT_FOR_MEMORY.test(exit.stderr_tail)) {
    return taskError(
      'out_of_memory',
      'ABORTED_FOR_MEMORY',
      `The measuring process ran out of memory (${how}).${printed}`,
    );
  }
  if (exit.signal === 'SIGKILL') {
    if (exit.kernel_oom_kills === 0) {
      return taskError(
        'crash',
        'KILLED',
        `The measuring process was killed from outside (SIGKILL), and not by the kernel for memory.${printed}`,
      );
    }
    const certain = exit.kernel_oom_kills === null ? 'most likely because' : 'because';
    return taskError(
      'out_of_memory',
      'KILLED_FOR_MEMORY',
      `The measuring process was killed (SIGKILL), ${certain} the machine ran out of memory.${printed}`,
    );
  }
  return taskError(
    'crash',
    exit.signal ?? `EXIT_${exit.code ?? 0}`,
    `The measuring process crashed with ${how}.${printed}`,
  );
}

/** How many processes the kernel has killed for memory so far, machine-wide; null where it does not tell. */
export async function kernelOomKills(): Promise<number | null> {
  const counters = await readFile('/proc/vmstat', 'utf8').catch(() => '');
  const count = /^oom_kill (\d+)$/m.exec(counters)?.[1];
  return count === undefined ? null : Number(count);
}
