import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { lockHolder } from './data-dir-lock.ts';

/** What `bw` reads to find a running stack: `stack.json` in the data folder, for its owner only, there while the stack is. */
const stackFile = z.object({
  v: z.literal(1),
  /** Of the process that runs the stack. */
  pid: z.int(),
  started_at: z.string(),
  data_dir: z.string(),
  /** NATS_URL, NATS_USER, NATS_PASSWORD, REDIS_URL, …: what a client of this stack needs in its environment. */
  env: z.record(z.string(), z.string()),
  nats: z.object({ url: z.string(), user: z.string().optional(), password: z.string().optional() }),
  redis: z.object({ url: z.string() }),
  services: z.array(z.object({ name: z.string(), pid: z.int().optional(), http_port: z.int(), state: z.string() })),
});
export type StackFile = z.infer<typeof stackFile>;

/** The stack that runs on a data folder; undefined when none does (what one that died left behind doesn't count). */
export function readRunningStack(dataDir: string): StackFile | undefined {
  const holder = lockHolder(join(dataDir, 'stack.lock'));
  if (holder === undefined) return undefined;
  try {
    const found = stackFile.parse(JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8')));
    return found.pid === holder.pid ? found : undefined;
  } catch {
    return undefined; // it is only just starting
  }
}
