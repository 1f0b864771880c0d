import { readFileSync } from 'node:fs';
import { processTree } from './executors/command/processes.ts';

/**
 * Processor time of this process and everything it has started, also of what has ended, in clock ticks: the unit of
 * /proc/stat. Null where the platform does not tell (only Linux does).
 */
export function ownCpuTicks(): number | null {
  if (process.platform !== 'linux') return null;
  let ticks = 0;
  for (const pid of processTree(process.pid)) ticks += ticksOf(pid);
  return ticks;
}

/** utime, stime, cutime and cstime of /proc/<pid>/stat, fields 14 to 17 (proc_pid_stat(5)); 0 for a process that is gone. */
function ticksOf(pid: number): number {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 0;
  }
  // The name stands in parentheses and may itself hold any character; field 3 follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}
