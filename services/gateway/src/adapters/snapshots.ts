import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  MAX_SNAPSHOT_BYTES,
  MAX_SNAPSHOTS,
  SNAPSHOT_KEPT_MS,
  type SnapshotFacts,
  type SnapshotFile,
  type StoredSnapshot,
  snapshotFile,
} from '@benchwire/shared/contracts/snapshot.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { KV } from '@nats-io/kv';
import { HttpProblem } from '../problem.ts';
import type { WatchedBucket } from './watched-bucket.ts';

export interface SnapshotsOptions {
  /** What is known of each, by id. */
  facts: WatchedBucket<StoredSnapshot>;
  /** The content of each, gzipped. */
  data: KV;
  /** What one value may have at most. */
  max_bytes: () => number;
}

/** Room for the headers of a message. */
const HEADROOM_BYTES = 4096;

/** Snapshots of pages, each under the hash of its content. What has expired is not there any more, and goes with the next one. */
export class Snapshots {
  readonly #options: SnapshotsOptions;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** The newest first. */
  list(now_ms: number): SnapshotFacts[] {
    const all = this.#options.facts.entries().map(([, stored]) => factsOf(stored));
    return all.filter((facts) => !isOver(facts, now_ms)).sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1));
  }

  find(id: string, now_ms: number): SnapshotFacts | undefined {
    const stored = this.#options.facts.get(id);
    return stored === undefined || isOver(stored, now_ms) ? undefined : factsOf(stored);
  }

  /** Its content; undefined where it is not there. */
  async read(id: string): Promise<SnapshotFile | undefined> {
    const entry = await this.#options.data.get(id);
    if (entry?.operation !== 'PUT') return undefined;
    const text = await promisify(gunzip)(entry.value, { maxOutputLength: 2 * MAX_SNAPSHOT_BYTES });
    const parsed = parseWith(snapshotFile, JSON.parse(text.toString()));
    return parsed.ok ? parsed.value : undefined;
  }

  /** @throws HttpProblem 413 for what is too large, 409 where there are too many */
  async save(file: SnapshotFile, by: string, now: Date): Promise<{ facts: SnapshotFacts; was_there: boolean }> {
    await this.#removeExpired(now.getTime());
    const text = JSON.stringify(file);
    const id = createHash('sha256').update(text).digest('hex');
    const known = this.find(id, now.getTime());
    if (known !== undefined) return { facts: known, was_there: true };
    if (this.#options.facts.entries().length >= MAX_SNAPSHOTS)
      throw new HttpProblem(409, 'TOO_MANY_SNAPSHOTS', `${MAX_SNAPSHOTS} snapshots are stored here: delete some.`);
    const zipped = await promisify(gzip)(text);
    const most = this.#options.max_bytes() - HEADROOM_BYTES;
    if (zipped.length > most)
      throw new HttpProblem(
        413,
        'SNAPSHOT_TOO_LARGE',
        `The data of this page has ${zipped.length} bytes compressed, and a snapshot at most ${most}: narrow the filters of the page.`,
      );
    const { title, page, taken_at } = file;
    const facts: SnapshotFacts = {
      ...{ id, title, page, taken_at, saved_at: now.toISOString(), saved_by: by, bytes: Buffer.byteLength(text) },
      expires_at: new Date(now.getTime() + SNAPSHOT_KEPT_MS).toISOString(),
    };
    // The content first: what is listed can be read.
    await this.#options.data.put(id, zipped);
    await this.#options.facts.put(id, { v: 1, ...facts });
    return { facts, was_there: false };
  }

  /** Keeps it for good, or from now on for as long as others. */
  async pin(facts: SnapshotFacts, pinned: boolean, now: Date): Promise<SnapshotFacts> {
    const expires_at = pinned ? null : new Date(now.getTime() + SNAPSHOT_KEPT_MS).toISOString();
    const changed = { ...facts, expires_at };
    await this.#options.facts.put(facts.id, { v: 1, ...changed });
    return changed;
  }

  async delete(id: string): Promise<void> {
    await this.#options.facts.delete(id);
    await this.#options.data.purge(id);
  }

  async #removeExpired(now_ms: number): Promise<void> {
    for (const [id, stored] of this.#options.facts.entries()) if (isOver(stored, now_ms)) await this.delete(id);
  }
}

const factsOf = ({ v: _, ...facts }: StoredSnapshot): SnapshotFacts => facts;

const isOver = ({ expires_at }: SnapshotFacts, now_ms: number): boolean =>
  expires_at !== null && Date.parse(expires_at) <= now_ms;
