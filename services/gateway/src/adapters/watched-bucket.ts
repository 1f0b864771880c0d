import { type FollowedBucket, type FollowOptions, followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import type { KV } from '@nats-io/kv';

type WatchedBucketOptions<T> = Omit<FollowOptions<T>, 'put' | 'removed'> & { bucket: KV };

/** A key-value bucket as a map in memory that follows it, so that a look-up costs no question to the server. */
export class WatchedBucket<T> {
  readonly bucket: KV;
  readonly #options: WatchedBucketOptions<T>;
  readonly #entries = new Map<string, T>();
  #following: FollowedBucket | undefined;

  constructor(options: WatchedBucketOptions<T>) {
    this.bucket = options.bucket;
    this.#options = options;
  }

  /** Resolves when everything that is stored is known. */
  async start(): Promise<void> {
    this.#following = followBucket({
      ...this.#options,
      put: (value, key) => this.#entries.set(key, value),
      removed: (key) => this.#entries.delete(key),
    });
    await this.#following.known;
  }

  async stop(): Promise<void> {
    await this.#following?.stop();
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
