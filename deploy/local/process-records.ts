import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { z } from 'zod';
import { writePrivateFile } from './private-file.ts';
import { processIdentity } from './process-identity.ts';

const record = z.object({ name: z.string(), pid: z.int(), identity: z.string() });
export type ProcessRecord = z.infer<typeof record>;

/** Notes that a child runs, for the case that this process dies and can't end it. */
export function recordProcess(folder: string, name: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return; // it has ended already
  writePrivateFile(join(folder, `${name}.json`), JSON.stringify({ name, pid, identity }));
}

export function forgetProcess(folder: string, name: string): void {
  rmSync(join(folder, `${name}.json`), { force: true });
}

/**
 * Ends what a stack that died has left running on this data: SIGTERM, and SIGKILL after `patience_ms`. A process counts
 * only if it is the very one that was recorded, not another one with its pid.
 * @returns those that were ended
 */
export async function endLeftovers(folder: string, patience_ms: number): Promise<ProcessRecord[]> {
  const left = readRecords(folder).filter(isAlive);
  await Promise.all(left.map((each) => end(each, patience_ms)));
  for (const file of readdirSync(folder)) rmSync(join(folder, file), { force: true });
  return left;
}

async function end(each: ProcessRecord, patience_ms: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(each.pid, signal);
    } catch {
      return; // it ended by itself
    }
    for (let waited = 0; waited < patience_ms; waited += 50) {
      if (!isAlive(each)) return;
      await pause(50);
    }
  }
}

const isAlive = ({ pid, identity }: ProcessRecord): boolean => processIdentity(pid) === identity;

function readRecords(folder: string): ProcessRecord[] {
  return readdirSync(folder).flatMap((file) => {
    try {
      return [record.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))];
    } catch {
      return []; // a half-written file of a process that died while writing it
    }
  });
}
