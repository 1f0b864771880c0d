import type { Redis } from 'ioredis';
import { isEpoch, isLaterEpoch } from '../lead/epoch.ts';
import { isWrongType, type KeepDamage } from './queue-repair.ts';

/**
 * KEYS: the fence. ARGV: an epoch. The same order as in lead/epoch.ts; never lowers the fence. Returns 1, or what
 * stands there and is no epoch or a later one.
 */
const RAISE = `
local held = redis.call('GET', KEYS[1]) or '0-0'
local created, revision = string.match(held, '^(%d+)-(%d+)$')
local own_created, own_revision = string.match(ARGV[1], '^(%d+)-(%d+)$')
if not created or string.len(held) > 40 then return held end
if tonumber(created) > tonumber(own_created) then return held end
if tonumber(created) == tonumber(own_created) and tonumber(revision) > tonumber(own_revision) then return held end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`;

/** KEYS: the fence. ARGV: what stood there, and an epoch to replace exactly that. */
const REPLACE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;

/**
 * Keeps a scheduler that has lost the lead out of Redis, whatever its clock and its event loop do: a key holds the
 * epoch of the newest leader, and the script that adds jobs (add-jobs.ts) does so only while that is the writer's own
 * epoch. A check in this process could not do that, since the process may be frozen right after it.
 */
export class Fence {
  readonly #redis: Redis;
  readonly key: string;
  readonly #keep: KeepDamage;
  #epoch: string | undefined;

  constructor(redis: Redis, prefix: string, keep: KeepDamage) {
    this.#redis = redis;
    this.#keep = keep;
    this.key = `${prefix}:fence`;
  }

  /** Of the last `raise` that succeeded. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /**
   * Shuts out every earlier leader: what they have added until now is there, what they add later is refused. A fence
   * that no leader can have set is damaged, and is replaced.
   * @param newest - asks NATS for an epoch that no leader up to now can be later than
   * @returns false when a later leader has raised it already
   */
  async raise(epoch: string, newest: () => Promise<string>): Promise<boolean> {
    this.#epoch = undefined;
    const held = await this.#tryRaise(epoch);
    if (held !== undefined && !(await this.#replaceDamaged(held, epoch, await newest()))) return false;
    this.#epoch = epoch;
    return true;
  }

  /** @returns what stands there instead */
  async #tryRaise(epoch: string): Promise<Buffer | undefined> {
    try {
      // As bytes: what is no text must be found again as it is.
      const answer = await this.#redis.callBuffer('EVAL', RAISE, 1, this.key, epoch);
      return Buffer.isBuffer(answer) ? answer : undefined;
    } catch (error) {
      if (!isWrongType(error)) throw error;
      const raw = (await this.#redis.dumpBuffer(this.key)) ?? new Uint8Array();
      const message = `expected a string, this is a ${await this.#redis.type(this.key)}`;
      await this.#keep({ key: this.key, raw, issues: [{ path: '(key)', code: 'wrong_type', message }] });
      await this.#redis.unlink(this.key);
      return await this.#tryRaise(epoch);
    }
  }

  /** Whatever was read before NATS was asked and is later than its answer was not set by a leader. */
  async #replaceDamaged(held: Buffer, epoch: string, newest: string): Promise<boolean> {
    const text = held.toString();
    if (isEpoch(text) && !isLaterEpoch(text, newest)) return false;
    const message = `no scheduler can have set this: the newest epoch is ${newest}`;
    await this.#keep({ key: this.key, raw: held, issues: [{ path: '(key)', code: 'not_an_epoch', message }] });
    return (await this.#redis.eval(REPLACE, 1, this.key, held, epoch)) === 1;
  }
}
