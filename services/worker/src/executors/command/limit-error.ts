import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { type LimitKind, THREADS_PER_PROCESS, type TreeLimits } from './tree-watch.ts';

/** What a task is told that was ended for what it used. Pure. @param used - MiB, or processes */
export function limitError(program: string, kind: LimitKind, used: number, limits: TreeLimits): TaskError {
  switch (kind) {
    case 'memory': {
      const message = `${program} and what it started used ${used} MB of memory, and ${limits.max_memory_mb} MB are allowed: raise config.max_memory_mb, or WORKER_MAX_MEMORY_MB on the worker`;
      return taskError('out_of_memory', 'MEMORY_LIMIT', message, false);
    }
    case 'processes': {
      const message = `${program} started ${used} processes, and ${limits.max_processes} at once are allowed: raise WORKER_COMMAND_MAX_PROCESSES on the worker`;
      return taskError('bad_input', 'PROCESS_LIMIT', message, false);
    }
    case 'threads': {
      const allowed = limits.max_processes * THREADS_PER_PROCESS;
      const message = `${program} started ${used} threads, and ${allowed} at once are allowed, ${THREADS_PER_PROCESS} for each process: raise WORKER_COMMAND_MAX_PROCESSES on the worker`;
      return taskError('bad_input', 'PROCESS_LIMIT', message, false);
    }
    case 'disk': {
      const message = `${program} has put ${used} MB into its folder, and ${limits.max_disk_mb} MB are allowed: raise WORKER_COMMAND_MAX_DISK_MB on the worker`;
      return taskError('bad_input', 'DISK_LIMIT', message, false);
    }
    default:
      return kind satisfies never;
  }
}
