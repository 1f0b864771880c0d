import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { cacheFolder } from '../../../support/cache.ts';
import { pythonWith } from '../../../support/python.ts';
import { until } from '../../bench-stack.ts';
import { endOf, type Peer } from '../peer.ts';

/** A database of its own on the stack's Redis. */
const DATABASE = 1;
const PROCESSES = 2;
const ANSWER_MS = 120_000;

/**
 * Celery 5 with Redis as broker and result backend, and a prefork worker of two processes. What is done is counted in
 * Redis, by the results that are stored there.
 * @returns why it cannot run on this machine, where it cannot
 */
export async function startCelery(redis_url: string): Promise<Peer | { skipped: string }> {
  const folder = cacheFolder('bench', 'celery');
  mkdirSync(folder, { recursive: true });
  const { python, reason } = pythonWith(join(import.meta.dirname, 'requirements.txt'), folder);
  if (python === undefined) return { skipped: reason };
  const url = new URL(redis_url);
  url.pathname = `/${DATABASE}`;
  // Containers run it as root, which it warns of.
  const env = { ...process.env, CELERY_REDIS_URL: url.href, PYTHONWARNINGS: 'ignore' };
  const redis = new Redis(url.href, { maxRetriesPerRequest: null });
  await redis.flushdb();
  const quiet = ['--without-gossip', '--without-mingle', '--without-heartbeat', '--loglevel', 'ERROR'];
  const worker = spawn(
    join(dirname(python), 'celery'),
    [
      '--app',
      'noop',
      'worker',
      '--pool',
      'prefork',
      '--concurrency',
      String(PROCESSES),
      '--optimization',
      'fair',
      ...quiet,
    ],
    { cwd: import.meta.dirname, env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const producer = spawn(python, ['noop.py'], { cwd: import.meta.dirname, env, stdio: ['pipe', 'ignore', 'inherit'] });
  const isDone = async (keys: number): Promise<boolean> =>
    (await redis.dbsize()) >= keys && (await redis.exists('celery', 'unacked')) === 0;
  return {
    run: async (tasks) => {
      const before = await redis.dbsize();
      const started = performance.now();
      producer.stdin?.write(`${tasks}\n`);
      await until(`${tasks} results of Celery`, () => isDone(before + tasks), 10, ANSWER_MS);
      return tasks / ((performance.now() - started) / 1000);
    },
    stop: async () => {
      await Promise.all([endOf(producer), endOf(worker)]);
      await redis.flushdb();
      redis.disconnect();
    },
  };
}
