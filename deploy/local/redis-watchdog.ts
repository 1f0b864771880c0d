import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { removeOversized } from '@benchwire/shared/runtime/oversized-keys.ts';
import { Redis } from 'ioredis';

/** Between two looks. One that is under way when a script blocks the server is answered as soon as the script may be ended. */
const LOOK_MS = 250;
/** The same after a restart, so that it is there before workers send the script again. */
const HURRY_MS = 20;

export interface WatchdogOptions {
  /** With the login of a user who may end scripts. */
  url: string;
  say: (text: string) => void;
  /** For a script that has written already: Redis does not end it, and keeps nothing of it when it is killed itself. */
  restart: () => void;
}

/**
 * Ends scripts that do not end by themselves. Workers may run scripts, since BullMQ is made of them, and Redis does nothing else
 * meanwhile: one endless script would stop everybody. Scripts of BullMQ take milliseconds, unless somebody has filled a queue with
 * junk: that would outlive each restart, so it is removed after one.
 * @returns how to stop it
 */
export function watchRedis({ url, say, restart }: WatchdogOptions): () => void {
  const stopping = new AbortController();
  let restarted = false;
  const redis = new Redis(url, {
    connectionName: 'watchdog',
    enableReadyCheck: false,
    enableOfflineQueue: false, // a look at a server that is away is none
    maxRetriesPerRequest: 0,
    retryStrategy: () => (restarted ? HURRY_MS : 500),
  });
  redis.on('error', () => {}); // the supervisor tells of a server that is gone
  void (async () => {
    while (!stopping.signal.aborted) {
      try {
        if (restarted) {
          for (const { key, entries } of await removeOversized(redis))
            say(`removed ${key} from Redis: with ${entries} entries it would have kept everybody waiting again.`);
          restarted = false;
        } else await redis.ping();
      } catch (error) {
        if (isCalled('BUSY', error)) {
          await endScript(redis, say, () => {
            restarted = true;
            restart();
          });
        }
      }
      await pause(restarted ? HURRY_MS : LOOK_MS, stopping.signal);
    }
  })();
  return () => {
    stopping.abort();
    redis.disconnect();
  };
}

async function endScript(redis: Redis, say: (text: string) => void, restart: () => void): Promise<void> {
  try {
    await redis.script('KILL');
    say('ended a script in Redis that ran for more than 2 s and kept everybody waiting: a worker has sent it.');
  } catch (error) {
    if (!isCalled('UNKILLABLE', error)) return; // it has ended by itself, or the server has
    say('a script in Redis does not end, and has written already: restarting Redis, which undoes it.');
    restart();
  }
}

/** Redis' errors begin with their code. */
const isCalled = (code: string, error: unknown): boolean => messageOf(error).startsWith(`${code} `);
