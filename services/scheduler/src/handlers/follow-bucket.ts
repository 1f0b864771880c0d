import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { KV } from '@nats-io/kv';
import type { z } from 'zod';

interface Follower<T> {
  schema: z.ZodType<T>;
  put(value: T): void;
  /** An entry was taken out. */
  removed?(key: string): void;
}

/** Hands on every entry of a bucket as it is now and from now on, until told to stop. */
export async function followBucket<T>(bucket: KV, follower: Follower<T>, log: Log, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      const entries = await bucket.watch();
      stop.addEventListener('abort', () => entries.stop(), { once: true });
      if (stop.aborted) entries.stop();
      for await (const entry of entries) {
        if (entry.operation !== 'PUT') {
          follower.removed?.(entry.key);
          continue;
        }
        const parsed = parseJson(follower.schema, entry.value);
        if (parsed.ok) follower.put(parsed.value);
        else log.error({ key: entry.key, issues: parsed.issues }, 'an entry cannot be read; ignored');
      }
    } catch (error) {
      if (stop.aborted) return;
      log.warn({ err: error }, 'watching a bucket failed, trying again');
    }
    await pause(300, stop);
  }
}
