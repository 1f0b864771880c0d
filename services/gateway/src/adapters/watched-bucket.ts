import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';
import type { z } from 'zod';

/** A key-value bucket as a map in memory that follows it, so that a look-up costs no question to the server. */
export class WatchedBucket<T> {
  readonly bucket: KV;
  readonly #schema: z.ZodType<T>;
  readonly #entries = new Map<string, T>();
  #stop = (): void => {};

  constructor(bucket: KV, schema: z.ZodType<T>) {
    this.bucket = bucket;
    this.#schema = schema;
  }

  /** Resolves when everything that is stored is known. */
  async start(): Promise<void> {
    const known = Promise.withResolvers<void>();
    if ((await this.bucket.status()).values === 0) known.resolve();
    const changes = await this.bucket.watch();
    this.#stop = () => changes.stop();
    void (async () => {
      for await (const entry of changes) {
        const parsed = entry.operation === 'PUT' ? parseJson(this.#schema, entry.value) : undefined;
        if (parsed?.ok === true) this.#entries.set(entry.key, parsed.value);
        else this.#entries.delete(entry.key);
        if (entry.delta === 0) known.resolve();
      }
    })();
    await known.promise;
  }

  stop(): void {
    this.#stop();
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  entries(): Array<[string, T]> {
    return [...this.#entries];
  }

  /** Seen here at once, elsewhere when the change has come. */
  async put(key: string, value: T): Promise<void> {
    await this.bucket.put(key, JSON.stringify(value));
    this.#entries.set(key, value);
  }

  async delete(key: string): Promise<void> {
    await this.bucket.purge(key);
    this.#entries.delete(key);
  }
}
