import { readFileSync } from 'node:fs';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';

/** USER_HZ: what the fields of /proc/PID/stat count in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor seconds, user and system, that each process of a stack has used so far; empty where there is no /proc. */
export function processorSeconds({ nats, redis, services }: LocalStack): Map<string, number> {
  const used = new Map<string, number>();
  for (const [name, pid] of [
    ['nats', nats?.pid],
    ['redis', redis?.pid],
    ...services.map((each): [string, number | undefined] => [each.name, each.pid]),
  ] as Array<[string, number | undefined]>) {
    const seconds = pid === undefined ? undefined : secondsOf(pid);
    if (seconds !== undefined) used.set(name, seconds);
  }
  return used;
}

/** proc(5): utime and stime are the fields 14 and 15; the second field, in brackets, may hold blanks. */
function secondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
