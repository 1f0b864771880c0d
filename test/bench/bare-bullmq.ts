import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/** The baseline: BullMQ as its documentation shows it, one queue and one worker process whose processor does nothing. */
export interface BareBullmq {
  queue: Queue;
  /** Resolves when the worker has finished this many jobs since the last call. */
  finished(count: number): Promise<void>;
  /** Resolves with the time at which the next job was started, in epoch milliseconds. */
  nextStart(): Promise<number>;
  stop(): Promise<void>;
}

/** Epoch milliseconds with fractions, comparable between processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

export async function startBareBullmq(redis_url: string, concurrency: number): Promise<BareBullmq> {
  const name = `bare-${crypto.randomUUID()}`;
  const connection = new Redis(redis_url, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  await queue.waitUntilReady();
  const child = fork(fileURLToPath(new URL('./bare-worker.ts', import.meta.url)), [
    name,
    redis_url,
    String(concurrency),
  ]);
  await once(child, 'message');
  return {
    queue,
    finished: async (count) => {
      child.send({ report_after: count });
      await once(child, 'message');
    },
    nextStart: async () => {
      const [message] = (await once(child, 'message')) as [{ started_ms: number }];
      return message.started_ms;
    },
    stop: async () => {
      child.kill();
      await once(child, 'exit');
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
    },
  };
}
