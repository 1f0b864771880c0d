import type { KV, KvEntry } from '@nats-io/kv';
import type { Status } from '@nats-io/transport-node';
import {
  LEASE_TTL_MS,
  LEASES_BUCKET,
  type Lease as LeaseValue,
  leaseReleasedSubject,
  lease as leaseSchema,
} from '../contracts/lease.ts';
import { instancePingSubject } from '../contracts/service.ts';
import { onStatus } from './connection-status.ts';
import { messageOf } from './errors.ts';
import { parseJson } from './issues.ts';
import { pause } from './lifecycle.ts';
import type { Log } from './log.ts';
import { isNobodyThere, type NatsConnection } from './nats.ts';
import { openBucket } from './streams.ts';

const RENEW_MS = 500;
/** The holder stops acting this long before the bucket forgets the lease. */
const MARGIN_MS = 400;
/** An answer of NATS that takes longer is none. */
const ANSWER_MS = 500;
/** Right after a reconnect the others may not be back yet: nobody is taken for dead. */
const SETTLE_MS = 1500;
const CANDIDATE_INTERVAL_MS = 200;
const EXPIRY_CHECK_MS = 100;

/** A held lease. `valid()` is to be asked right before each act; `lost` aborts when it is over. */
export interface HeldLease {
  /** `<bucket created, ms>-<revision>`: grows with each new holder, also when the bucket is made anew. */
  readonly epoch: string;
  /** Whether it held a moment ago, by this process's clock. What must not happen twice is fenced as well. */
  valid(): boolean;
  /** Asks the bucket. */
  confirm(): Promise<boolean>;
  /** An epoch that no holder of a lease up to now can be later than, asked of the bucket. */
  newestEpoch(): Promise<string>;
  lost: AbortSignal;
  /** Gives it back at once, so that a standby need not wait for the TTL. */
  release(): Promise<void>;
}

export interface CandidateOptions {
  nats: NatsConnection;
  key: string;
  /** Names the candidate for people. */
  holder: string;
  /** Who answers `bw.service.ping.<id>` while this process is connected. */
  instance_id: string;
  replicas: number;
  log: Log;
}

/**
 * Takes part in the election of one role over the `leases` bucket: created by one, renewed by compare-and-set, ended
 * by the bucket's TTL. A holder whose connection is gone is replaced at once: nobody answers its ping, and the server
 * knows that without waiting. That may hit one that only reconnects, which is why a lease alone proves nothing: each
 * term has an epoch, and whatever must not be done by two is fenced with it.
 */
export class LeaseCandidate {
  readonly #options: CandidateOptions;
  readonly #bucket: KV;
  /** When the bucket was made, epoch milliseconds by the server's clock. */
  readonly #created_ms: number;
  /** Monotonic times of the connection; infinite while there is none, or none was lost. */
  #connected_at = performance.now() - SETTLE_MS;
  #disconnected_at = Number.NEGATIVE_INFINITY;

  private constructor(options: CandidateOptions, bucket: KV, created_ms: number) {
    this.#options = options;
    this.#bucket = bucket;
    this.#created_ms = created_ms;
    onStatus(options.nats, (status) => this.#noteConnection(status));
  }

  static async open(options: CandidateOptions): Promise<LeaseCandidate> {
    const bucket = await openBucket(options.nats, LEASES_BUCKET, options.replicas, LEASE_TTL_MS);
    const { streamInfo } = await bucket.status();
    return new LeaseCandidate(options, bucket, Date.parse(streamInfo.created));
  }

  /** Waits until the lease is won; undefined when the signal aborts before. */
  async win(signal: AbortSignal): Promise<HeldLease | undefined> {
    const { nats, key } = this.#options;
    let wake = new AbortController();
    const released = nats.subscribe(leaseReleasedSubject(key), { callback: () => wake.abort() });
    try {
      while (!signal.aborted) {
        const won = await this.#tryAcquire();
        if (won !== undefined) return won;
        await pause(CANDIDATE_INTERVAL_MS, AbortSignal.any([signal, wake.signal]));
        wake = new AbortController();
      }
      return undefined;
    } finally {
      if (!nats.isClosed()) released.unsubscribe();
    }
  }

  /** @returns the lease, or undefined when somebody else holds it (or nobody can be asked) */
  async #tryAcquire(): Promise<HeldLease | undefined> {
    const { holder, instance_id, key, log } = this.#options;
    const value: LeaseValue = { holder, acquired_at: new Date().toISOString(), instance_id };
    const bytes = JSON.stringify(value);
    const asked_at = performance.now();
    let revision: number;
    try {
      const entry = await withDeadline(this.#bucket.get(key), ANSWER_MS);
      if (entry === null || entry.operation !== 'PUT') {
        revision = await withDeadline(this.#bucket.create(key, bytes), ANSWER_MS);
      } else {
        if (!(await this.#isGone(entry))) return undefined;
        revision = await withDeadline(this.#bucket.update(key, bytes, entry.revision), ANSWER_MS);
        log.info({ key }, 'the holder of the lease has no connection any more; taking over');
      }
    } catch {
      // Somebody was faster, or NATS is away: either way not ours.
      return undefined;
    }
    return this.#hold(bytes, revision, asked_at);
  }

  /** Whether the holder has no connection to NATS. One that is connected and silent is left to the TTL. */
  async #isGone(entry: KvEntry): Promise<boolean> {
    const parsed = parseJson(leaseSchema, entry.value);
    const instance_id = parsed.ok ? parsed.value.instance_id : undefined;
    if (instance_id === undefined || performance.now() - this.#connected_at < SETTLE_MS) return false;
    if (instance_id === this.#options.instance_id) return true;
    try {
      await this.#options.nats.request(instancePingSubject(instance_id), '', { timeout: ANSWER_MS });
      return false;
    } catch (error) {
      return isNobodyThere(error);
    }
  }

  #hold(bytes: string, first_revision: number, acquired_at: number): HeldLease {
    const { key, log, nats } = this.#options;
    const lost = new AbortController();
    const released = new AbortController();
    let revision = first_revision;
    let renewed_at = acquired_at;
    const age_ms = (): number => performance.now() - renewed_at;
    // Who was away may have been replaced: nothing counts until the lease is renewed over the new connection.
    const valid = (): boolean =>
      !lost.signal.aborted && renewed_at > this.#disconnected_at && age_ms() < LEASE_TTL_MS - MARGIN_MS;

    let renewal: Promise<boolean> | undefined;
    const renewOnce = async (): Promise<boolean> => {
      const asked_at = performance.now();
      try {
        revision = await withDeadline(this.#bucket.update(key, bytes, revision), LEASE_TTL_MS / 2);
        renewed_at = asked_at;
        return true;
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'could not renew the lease');
        // A renewal that only got no answer may have moved the revision: it goes on from there if the value is ours.
        const entry = await withDeadline(this.#bucket.get(key), ANSWER_MS).catch(() => undefined);
        if (entry?.string() === bytes) revision = entry.revision;
        else if (entry !== undefined) lost.abort();
        return false;
      }
    };
    const renew = (): Promise<boolean> => {
      renewal ??= renewOnce().finally(() => {
        renewal = undefined;
      });
      return renewal;
    };

    const expiry = setInterval(() => {
      if (age_ms() >= LEASE_TTL_MS - MARGIN_MS) lost.abort();
    }, EXPIRY_CHECK_MS);
    const over = AbortSignal.any([released.signal, lost.signal]);
    over.addEventListener('abort', () => clearInterval(expiry), { once: true });
    const renewing = (async () => {
      while (!over.aborted) {
        await pause(RENEW_MS, over);
        if (!over.aborted) await renew();
      }
    })();

    return {
      epoch: `${this.#created_ms}-${first_revision}`,
      valid,
      confirm: async () => !lost.signal.aborted && (await renew()),
      newestEpoch: async () => {
        const { streamInfo } = await this.#bucket.status();
        return `${Date.parse(streamInfo.created)}-${streamInfo.state.last_seq}`;
      },
      lost: lost.signal,
      release: async () => {
        released.abort();
        await renewing;
        if (lost.signal.aborted) return;
        lost.abort();
        const removed = this.#bucket.delete(key, { previousSeq: revision });
        await withDeadline(removed, ANSWER_MS).catch(() => undefined);
        if (!nats.isClosed()) nats.publish(leaseReleasedSubject(key));
      },
    };
  }

  #noteConnection({ type }: Status): void {
    if (type === 'disconnect') {
      this.#disconnected_at = performance.now();
      this.#connected_at = Number.POSITIVE_INFINITY;
    } else if (type === 'reconnect') this.#connected_at = performance.now();
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
