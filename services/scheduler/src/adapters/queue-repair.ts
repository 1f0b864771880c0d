import { poolQueueName } from '@benchwire/shared/contracts/job.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { entriesOf, MAX_QUEUE_ENTRIES } from '@benchwire/shared/runtime/oversized-keys.ts';
import type { Redis } from 'ioredis';
import { damageOf } from './job-hash.ts';

/** Something in Redis that cannot be what it should be. */
interface Damage {
  key: string;
  /** What stood there; JSON where it was more than one value. */
  raw: Uint8Array;
  issues: Issue[];
}

/** Keeps a damaged entry where people find it. It is removed from Redis once this resolves. */
export type KeepDamage = (damage: Damage) => Promise<void>;

/** The lists and sets of a queue that hold job ids. */
const ID_LISTS = { wait: 'list', paused: 'list', active: 'list', prioritized: 'zset', delayed: 'zset' } as const;
export type IdList = keyof typeof ID_LISTS;

/** What BullMQ 6 keeps beside the jobs, and as what. */
const QUEUE_KEYS: Readonly<Record<string, string>> = {
  ...ID_LISTS,
  ...{
    completed: 'zset',
    failed: 'zset',
    'waiting-children': 'zset',
    marker: 'zset',
    stalled: 'set',
    events: 'stream',
  },
  ...{ meta: 'hash', id: 'string', pc: 'string', 'stalled-check': 'string', limiter: 'string' },
};
/** Counters among them. */
const NUMBERS: ReadonlySet<string> = new Set(['id', 'pc', 'limiter']);
/** What Benchwire's queues have in their settings; anything else (paused, a limit) would hold them up. */
const META_FIELDS: ReadonlySet<string> = new Set(['version', 'opts.maxLenEvents']);
/** The last id of a stream of events. Beyond it Redis soon has no id left, and refuses whatever tells an event. */
const LAST_EVENT = /^\d{1,15}-\d{1,15}$/;
/** Events that a queue keeps. */
const EVENTS_KEPT = /^\d{1,9}$/;

/**
 * Takes out of a pool's queue what cannot be read, no matter who damaged it, so that one entry never stands in the way of the
 * others. Each goes to REJECTED first.
 */
export class QueueRepair {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #keep: KeepDamage;
  readonly #log: Log;

  constructor(redis: Redis, prefix: string, keep: KeepDamage, log: Log) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#keep = keep;
    this.#log = log;
  }

  /** The key of a job, or of something else of a pool's queue. */
  key(pool: string, name: string): string {
    return `${this.#prefix}:${poolQueueName(pool)}:${name}`;
  }

  /** The fields of a job that a list names; undefined where it has left the list, or was damaged and is out of it now. */
  async job(pool: string, list: IdList, id: string): Promise<Record<string, string> | undefined> {
    const key = this.key(pool, id);
    let issues: Issue[];
    if (Object.hasOwn(QUEUE_KEYS, id)) return await this.#takeOut(pool, list, id);
    try {
      const fields = await this.#redis.hgetall(key);
      if (Object.keys(fields).length === 0) {
        // A job leaves its list and is removed in one step: one that is listed still has lost its data.
        if (!(await this.#isListed(pool, list, id)) || (await this.#redis.exists(key)) > 0) return undefined;
        issues = [{ path: '(job)', code: 'missing', message: `"${list}" names a job that has no data` }];
      } else {
        issues = damageOf(fields);
        if (issues.length === 0) return fields;
      }
    } catch (error) {
      if (!isWrongType(error)) throw error;
      issues = [await this.#wrongType(key, 'hash')];
    }
    await this.#discardJob(pool, id, issues);
    return undefined;
  }

  /**
   * The ids that a list or set holds. Those that are no text can be no jobs of ours, nor be asked for by their text: they go.
   */
  async ids(pool: string, list: IdList): Promise<string[]> {
    const of = this.key(pool, list);
    const all =
      ID_LISTS[list] === 'list'
        ? await this.#redis.lrangeBuffer(of, 0, -1)
        : await this.#redis.zrangeBuffer(of, '0', '-1');
    const ids: string[] = [];
    for (const raw of all) {
      const id = readable(raw);
      if (typeof id === 'string') ids.push(id);
      else await this.#takeOut(pool, list, raw);
    }
    return ids;
  }

  /** Takes out of a list what names no job: bytes that are no text, or another key of the queue, which stays. */
  async #takeOut(pool: string, list: IdList, id: string | Buffer): Promise<undefined> {
    const of = this.key(pool, list);
    const message = 'this is not a job id';
    await this.#put(of, typeof id === 'string' ? id : readable(id), [{ path: list, code: 'not_an_id', message }]);
    if (ID_LISTS[list] === 'list') await this.#redis.lrem(of, 0, id);
    else await this.#redis.zrem(of, id);
  }

  /** Removes what stands under a job's key although no list names it: as long as it is there, the job is never added. */
  async discardOrphan(pool: string, id: string): Promise<void> {
    if ((await this.#redis.exists(this.key(pool, id))) === 0) return;
    const message = 'no list of the queue names this job, so that no worker would ever take it';
    await this.#discardJob(pool, id, [{ path: '(job)', code: 'orphaned', message }]);
  }

  /** Removes keys of a queue that are of another type than they should be, and settings that would stop it. */
  async repair(pool: string): Promise<void> {
    const names = Object.keys(QUEUE_KEYS);
    const types = await Promise.all(names.map((name) => this.#redis.type(this.key(pool, name))));
    for (const [index, name] of names.entries()) {
      const key = this.key(pool, name);
      const type = QUEUE_KEYS[name] ?? '';
      const found = types[index] ?? 'none';
      if (found === 'none') continue;
      const entries = await entriesOf(this.#redis, key, found);
      if (entries > MAX_QUEUE_ENTRIES) {
        const message = `this has ${entries} entries, more than a queue can have (${MAX_QUEUE_ENTRIES})`;
        // Too much for a message.
        await this.#put(key, null, [{ path: name, code: 'too_big', message }]);
        await this.#redis.unlink(key);
      } else if (found !== type) await this.#discard(key, [await this.#wrongType(key, type)]);
      else if (NUMBERS.has(name) && !/^\d{1,15}$/.test((await this.#redis.get(key)) ?? '0')) {
        await this.#discard(key, [{ path: name, code: 'invalid_type', message: 'this counter is not a number' }]);
      } else if (name === 'events' && !LAST_EVENT.test(await this.#lastEvent(key))) {
        const message = 'the last id of this stream is so high that Redis will have none left for the next event';
        await this.#discard(key, [{ path: name, code: 'too_big', message }]);
      }
    }
    await this.#repairSettings(pool);
  }

  async #repairSettings(pool: string): Promise<void> {
    const key = this.key(pool, 'meta');
    const fields = await this.#redis.hgetall(key);
    const odd = Object.keys(fields).filter(
      (field) => !META_FIELDS.has(field) || (field === 'opts.maxLenEvents' && !EVENTS_KEPT.test(fields[field] ?? '')),
    );
    if (odd.length === 0) return;
    const message = 'a setting that Benchwire does not use, and that would hold up the queue';
    await this.#put(
      key,
      Object.fromEntries(odd.map((field) => [field, fields[field] ?? ''])),
      odd.map((path) => ({ path, code: 'unrecognized_keys', message })),
    );
    await this.#redis.hdel(key, ...odd);
  }

  async #lastEvent(key: string): Promise<string> {
    const info = (await this.#redis.xinfo('STREAM', key)) as unknown[];
    return String(info[info.indexOf('last-generated-id') + 1]);
  }

  async #isListed(pool: string, list: IdList, id: string): Promise<boolean> {
    const key = this.key(pool, list);
    const place = ID_LISTS[list] === 'list' ? await this.#redis.lpos(key, id) : await this.#redis.zscore(key, id);
    return place !== null;
  }

  async #discardJob(pool: string, id: string, issues: Issue[]): Promise<void> {
    const key = this.key(pool, id);
    await this.#put(key, await this.#content(key), issues);
    for (const [list, type] of Object.entries(ID_LISTS)) {
      const of = this.key(pool, list);
      await (type === 'list' ? this.#redis.lrem(of, 0, id) : this.#redis.zrem(of, id)).catch(unlessWrongType);
    }
    await this.#redis.unlink(key, `${key}:lock`, `${key}:dependencies`, `${key}:processed`, `${key}:logs`);
  }

  async #discard(key: string, issues: Issue[]): Promise<void> {
    await this.#put(key, await this.#content(key), issues);
    await this.#redis.unlink(key);
  }

  async #put(key: string, content: unknown, issues: Issue[]): Promise<void> {
    this.#log.error(
      { key, issues: issues.slice(0, 3) },
      'an entry in Redis is damaged; it goes to REJECTED and is removed',
    );
    await this.#keep({ key, raw: new TextEncoder().encode(JSON.stringify(content) ?? 'null'), issues });
  }

  /** Whatever is there, as text. Bytes that are no text stand as `{"base64": …}`. */
  async #content(key: string): Promise<unknown> {
    switch (await this.#redis.type(key)) {
      case 'hash': {
        const fields = await this.#redis.hgetallBuffer(key);
        return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, readable(value)]));
      }
      case 'string':
        return readable((await this.#redis.getBuffer(key)) ?? Buffer.alloc(0));
      case 'none':
        return null;
      default:
        return readable((await this.#redis.dumpBuffer(key)) ?? Buffer.alloc(0));
    }
  }

  async #wrongType(key: string, expected: string): Promise<Issue> {
    const found = await this.#redis.type(key);
    return { path: '(key)', code: 'wrong_type', message: `expected a ${expected}, this is a ${found}` };
  }
}

function readable(bytes: Buffer): string | { base64: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : { base64: bytes.toString('base64') };
}

function unlessWrongType(error: unknown): void {
  if (!isWrongType(error)) throw error;
}

/** Redis' own code for an operation on a value of another type. */
export function isWrongType(error: unknown): boolean {
  return isReply(error) && error.message.startsWith('WRONGTYPE');
}

/** Whether Redis itself said no, and not the way to it. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
