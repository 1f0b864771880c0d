import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Peer } from './peer.ts';

/** BullMQ as its documentation shows it, with a worker that inserts each result into an embedded ClickHouse before the job is done. */
export async function startBullmqClickhouse(redis_url: string, concurrency: number): Promise<Peer> {
  const name = `bare-clickhouse-${crypto.randomUUID()}`;
  const connection = new Redis(redis_url, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection });
  await queue.waitUntilReady();
  const worker = fork(fileURLToPath(new URL('./bullmq-clickhouse-worker.ts', import.meta.url)), [
    name,
    redis_url,
    String(concurrency),
  ]);
  const died = once(worker, 'exit').then(() => {
    throw new Error('the worker of BullMQ with ClickHouse has ended');
  });
  died.catch(() => undefined);
  await Promise.race([once(worker, 'message'), died]);
  return {
    run: async (tasks) => {
      const started = performance.now();
      worker.send({ report_after: tasks });
      await queue.addBulk(Array.from({ length: tasks }, (_, index) => ({ name: 'noop', data: { index } })));
      await Promise.race([once(worker, 'message'), died]);
      return tasks / ((performance.now() - started) / 1000);
    },
    stop: async () => {
      // It ends by itself, and removes its folder before.
      const gone = once(worker, 'exit');
      worker.disconnect();
      await gone;
      await queue.obliterate({ force: true });
      await queue.close();
      connection.disconnect();
    },
  };
}
