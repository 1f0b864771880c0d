import type { Saved, SavedFacts } from '@benchwire/shared/contracts/api/saved.ts';
import { SAVED_BUCKET, savedEntry } from '@benchwire/shared/contracts/http.ts';
import { MAX_SAVED, MAX_SAVED_BYTES, MAX_SAVED_PER_CALLER } from '@benchwire/shared/contracts/limits.ts';
import { visibleText } from '@benchwire/shared/format/visible-text.ts';
import { type FollowedBucket, type FollowOptions, followBucket } from '@benchwire/shared/runtime/follow-bucket.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import { HttpProblem } from '../problem.ts';

type StoredIn = Pick<FollowOptions<unknown>, 'nats' | 'client' | 'manager' | 'log'> & { bucket: KV };

interface Known extends SavedFacts {
  identity: string | null;
}

/** Whatever was saved is an object. */
const stored = z.record(z.string(), z.unknown());

/** Layouts, queries and filters that users saved, by kind and name: in a KV bucket, with an index in memory that follows it. */
export class SavedValues {
  readonly #bucket: KV;
  readonly #options: StoredIn;
  readonly #known = new Map<string, Known>();
  #following: FollowedBucket | undefined;

  constructor(options: StoredIn) {
    this.#bucket = options.bucket;
    this.#options = options;
  }

  /** Resolves when everything that is stored is known. */
  async start(): Promise<void> {
    this.#following = followBucket({
      ...this.#options,
      name: SAVED_BUCKET,
      schema: stored,
      put: (value, key) => this.#known.set(key, knownOf(key, value)),
      removed: (key) => this.#known.delete(key),
    });
    await this.#following.known;
  }

  async stop(): Promise<void> {
    await this.#following?.stop();
  }

  list(kind: string): SavedFacts[] {
    const found: SavedFacts[] = [];
    for (const [key, { identity: _, ...facts }] of this.#known) if (key.startsWith(`${kind}.`)) found.push(facts);
    return found.sort((a, b) => a.name.localeCompare(b.name));
  }

  async get(kind: string, name: string): Promise<Saved | undefined> {
    const entry = await this.#bucket.get(keyOf(kind, name));
    const parsed = entry?.operation === 'PUT' ? parseJson(stored, entry.value) : undefined;
    // What cannot be read goes out of the bucket, as the index follows it.
    if (entry === null || parsed?.ok !== true) return undefined;
    const { value, saved_by, saved_at } = entryOf(parsed.value);
    return { name, value, revision: entry.revision, saved_by, saved_at };
  }

  /**
   * @param over the revision that is replaced, 0 for none; undefined replaces whatever is there
   * @throws HttpProblem 413 for what is too large, 409 where there are too many, or where `over` is not the newest revision
   */
  async put(
    kind: string,
    name: string,
    value: unknown,
    { caller: { identity, subject }, over }: { caller: Caller; over: number | undefined },
  ): Promise<Saved> {
    const key = keyOf(kind, name);
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > MAX_SAVED_BYTES)
      throw new HttpProblem(413, 'BODY_TOO_LARGE', `A saved value has ${MAX_SAVED_BYTES} bytes at most, not ${bytes}.`);
    let own = 0;
    for (const [other, known] of this.#known) if (other !== key && known.identity === identity) own++;
    if (own >= MAX_SAVED_PER_CALLER)
      throw full(`You have saved ${own} layouts, queries and filters`, MAX_SAVED_PER_CALLER);
    if (!this.#known.has(key) && this.#known.size >= MAX_SAVED) throw full(`${MAX_SAVED} are saved here`, MAX_SAVED);
    const saved_at = new Date().toISOString();
    const text = JSON.stringify({ benchwire_saved: 1, identity, saved_by: subject, saved_at, value });
    const revision = await this.#write(key, text, over).catch(async (error: unknown) => {
      if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error;
      throw changed(name, await this.get(kind, name));
    });
    this.#known.set(key, { name, identity, saved_by: subject, saved_at, bytes });
    return { name, value, revision, saved_by: subject, saved_at };
  }

  #write(key: string, text: string, over: number | undefined): Promise<number> {
    if (over === undefined) return this.#bucket.put(key, text);
    return over === 0 ? this.#bucket.create(key, text) : this.#bucket.update(key, text, over);
  }

  async delete(kind: string, name: string): Promise<void> {
    const key = keyOf(kind, name);
    await this.#bucket.delete(key);
    this.#known.delete(key);
  }
}

/** JetStream's code for a write over another revision than the newest. */
const WRONG_LAST_SEQUENCE = 10_071;

function changed(name: string, now: Saved | undefined): HttpProblem {
  const shown = visibleText(name);
  return new HttpProblem(
    409,
    'SAVED_CHANGED',
    now === undefined
      ? `"${shown}" was deleted meanwhile: save it with revision=0, or under another name.`
      : `"${shown}" was saved by ${now.saved_by ?? 'somebody'} at ${now.saved_at ?? 'a time that is not known'}: read it again and save over revision ${now.revision}, or save under another name.`,
  );
}

function full(what: string, most: number): HttpProblem {
  return new HttpProblem(409, 'TOO_MANY_SAVED', `${what}, ${most} are possible: take some away.`);
}

/** A key of a bucket takes few characters; a name any. */
const keyOf = (kind: string, name: string): string => `${kind}.${Buffer.from(name).toString('base64url')}`;

function nameOf(key: string): string {
  return Buffer.from(key.slice(key.indexOf('.') + 1), 'base64url').toString();
}

function knownOf(key: string, value: unknown): Known {
  const { identity, saved_by, saved_at, value: saved } = entryOf(value);
  return { name: nameOf(key), identity, saved_by, saved_at, bytes: Buffer.byteLength(JSON.stringify(saved)) };
}

/** Before 0.4 the value alone was stored. */
function entryOf(value: unknown): Omit<Known, 'name' | 'bytes'> & { value?: unknown } {
  const parsed = savedEntry.safeParse(value);
  return parsed.success ? parsed.data : { identity: null, saved_by: null, saved_at: null, value };
}
