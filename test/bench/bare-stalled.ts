import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { preciseNow } from './bare-bullmq.ts';

/**
 * BullMQ's own recovery, with default settings: two worker processes on a queue, one job that never ends; the process
 * that has it is killed. Resolves to the seconds until the other one starts the job.
 */
export async function bareStalledRecovery(redis_url: string, killAfter_ms: number): Promise<number> {
  const name = `stalled-${crypto.randomUUID()}`;
  const connection = new Redis(redis_url, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  const first = await startWorker(name, redis_url);
  const started = once(first, 'message');
  await queue.add('hang', { tell: true, hang: true });
  await started;
  const second = await startWorker(name, redis_url);
  try {
    await new Promise((resolve) => setTimeout(resolve, killAfter_ms));
    const again = once(second, 'message') as Promise<[{ started_ms: number }]>;
    const killed_ms = preciseNow();
    first.kill('SIGKILL');
    const [{ started_ms }] = await again;
    return (started_ms - killed_ms) / 1000;
  } finally {
    for (const child of [first, second]) child.kill('SIGKILL');
    await queue.obliterate({ force: true });
    await queue.close();
    connection.disconnect();
  }
}

async function startWorker(name: string, redis_url: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./bare-worker.ts', import.meta.url)), [name, redis_url, '1']);
  await once(child, 'message');
  return child;
}
