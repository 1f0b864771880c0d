import { LEASE_TTL_MS, LEASES_BUCKET, type Lease as LeaseValue } from '@benchwire/shared/contracts/lease.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { NatsConnection } from '@benchwire/shared/runtime/nats.ts';
import { openBucket } from '@benchwire/shared/runtime/streams.ts';
import type { KV } from '@nats-io/kv';

const RENEW_MS = 500;
/** The holder stops acting this long before the bucket forgets the lease, so that there are never two. */
const MARGIN_MS = 400;

/** A held lease. `valid()` is to be asked right before each act; `lost` aborts when it is over. */
export interface HeldLease {
  valid(): boolean;
  lost: AbortSignal;
  /** Gives it back at once, so that a standby need not wait for the TTL. */
  release(): Promise<void>;
}

/** Takes part in the election of one role over the `leases` bucket: created by one, renewed by compare-and-set. */
export class LeaseCandidate {
  #bucket: KV;
  #key: string;
  #holder: string;
  #log: Log;

  private constructor(bucket: KV, key: string, holder: string, log: Log) {
    this.#bucket = bucket;
    this.#key = key;
    this.#holder = holder;
    this.#log = log;
  }

  static async open(
    nats: NatsConnection,
    key: string,
    holder: string,
    replicas: number,
    log: Log,
  ): Promise<LeaseCandidate> {
    return new LeaseCandidate(await openBucket(nats, LEASES_BUCKET, replicas, LEASE_TTL_MS), key, holder, log);
  }

  /** @returns the lease, or undefined when somebody else holds it (or nobody can be asked) */
  async tryAcquire(): Promise<HeldLease | undefined> {
    const value: LeaseValue = { holder: this.#holder, acquired_at: new Date().toISOString() };
    const bytes = JSON.stringify(value);
    const asked_at = performance.now();
    let revision: number;
    try {
      revision = await this.#bucket.create(this.#key, bytes);
    } catch {
      // Taken, or NATS is away: either way not ours.
      return undefined;
    }
    return this.#hold(bytes, revision, asked_at);
  }

  #hold(bytes: string, first_revision: number, acquired_at: number): HeldLease {
    const lost = new AbortController();
    const released = new AbortController();
    let revision = first_revision;
    let renewed_at = acquired_at;
    const valid = (): boolean => !lost.signal.aborted && performance.now() - renewed_at < LEASE_TTL_MS - MARGIN_MS;

    const renewing = (async () => {
      while (!released.signal.aborted) {
        await pause(RENEW_MS, released.signal);
        if (released.signal.aborted) return;
        const asked_at = performance.now();
        try {
          revision = await withDeadline(this.#bucket.update(this.#key, bytes, revision), LEASE_TTL_MS / 2);
          renewed_at = asked_at;
        } catch (error) {
          this.#log.warn({ reason: messageOf(error) }, 'could not renew the lease');
          // A renewal that only got no answer may have moved the revision; take it over if the value is still ours.
          revision = (await this.#ownRevision(bytes)) ?? revision;
        }
        if (!valid()) {
          lost.abort();
          return;
        }
      }
    })();

    return {
      valid,
      lost: lost.signal,
      release: async () => {
        released.abort();
        await renewing;
        if (lost.signal.aborted) return;
        lost.abort();
        await this.#bucket.delete(this.#key, { previousSeq: revision }).catch(() => undefined);
      },
    };
  }

  async #ownRevision(bytes: string): Promise<number | undefined> {
    try {
      const entry = await withDeadline(this.#bucket.get(this.#key), 300);
      return entry?.string() === bytes ? entry.revision : undefined;
    } catch {
      return undefined;
    }
  }
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const handle = setTimeout(() => timer.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(handle);
    work.catch(() => undefined);
  }
}
