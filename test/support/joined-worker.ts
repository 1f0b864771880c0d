import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { type BwProcess, startBw } from './bw.ts';

/**
 * A worker of its own that joins a stack as `bw worker --join` does on another machine, with folders of its own below `folder`; ready
 * once it has registered.
 */
export async function joinWorker(
  stack: LocalStack,
  folder: string,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<BwProcess> {
  mkdirSync(temporaryFolder(folder, name), { recursive: true });
  const url = (stack.env.NATS_URL ?? '').replace('//', `//${stack.env.WORKER_NATS_USER}@`);
  const worker = startBw(['worker', '--join', url], {
    env: {
      NATS_PASSWORD: stack.env.WORKER_NATS_PASSWORD ?? '',
      WORKER_ID: name,
      WORKER_MODEL_DIRS: join(folder, 'empty'),
      WORKER_CACHE_DIR: join(folder, `cache-${name}`),
      TMPDIR: temporaryFolder(folder, name),
      ...env,
    },
  });
  await worker.waitFor(/cpu-[0-9a-f]{8}/);
  return worker;
}

/** TMPDIR of a worker that has joined. */
export const temporaryFolder = (folder: string, name: string): string => join(folder, `tmp-${name}`);

/** The process and all that it has started. Linux only. */
export function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => withChildren(Number(child)))];
}
