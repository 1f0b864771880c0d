import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Resident memory of a process in MiB; null where it can't be read (it has ended, or the platform has no means). */
export async function residentMemoryMb(pid: number): Promise<number | null> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  }
  if (process.platform === 'win32') return null;
  const listed = await run('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => null);
  const kilobytes = Number.parseInt(listed?.stdout ?? '', 10);
  return Number.isNaN(kilobytes) ? null : kilobytes / 1024;
}

/**
 * Highest resident memory of this process since its start, in MiB. Not getrusage on Linux: its maximum survives exec,
 * so it begins with the memory of the process that forked this one.
 */
export async function peakResidentMemoryMb(): Promise<number> {
  const status = process.platform === 'linux' ? await readFile('/proc/self/status', 'utf8').catch(() => '') : '';
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes)) / 1024;
}
