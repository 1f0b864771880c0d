import type { Redis } from 'ioredis';
import { poolQueueName } from '../contracts/job.ts';

/**
 * Entries of one list or set of a queue. The scheduler puts twice a pool's slots there, BullMQ keeps 1,000 that have ended. Scripts of BullMQ
 * take time by the square of it, and nobody else is served meanwhile: from some 50,000 on they would be ended before they are through, again and again.
 */
export const MAX_QUEUE_ENTRIES = 20_000;

const SIZE_OF: Readonly<Record<string, 'llen' | 'scard' | 'zcard' | 'hlen'>> = {
  list: 'llen',
  set: 'scard',
  zset: 'zcard',
  hash: 'hlen',
};

/** How many entries a key has; 0 for types without. */
export async function entriesOf(redis: Redis, key: string, type: string): Promise<number> {
  const command = SIZE_OF[type];
  return command === undefined ? 0 : await redis[command](key);
}

/**
 * Removes from the queues of pools whatever has more entries than any queue has. Jobs that go with it are emitted again.
 * @returns what was removed
 */
export async function removeOversized(redis: Redis): Promise<Array<{ key: string; entries: number }>> {
  const removed: Array<{ key: string; entries: number }> = [];
  for (const type of Object.keys(SIZE_OF)) {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `*:${poolQueueName('*')}`, 'COUNT', 1000, 'TYPE', type);
      cursor = next;
      for (const key of keys) {
        const entries = await entriesOf(redis, key, type);
        if (entries <= MAX_QUEUE_ENTRIES) continue;
        await redis.unlink(key);
        removed.push({ key, entries });
      }
    } while (cursor !== '0');
  }
  return removed;
}
