import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { ChainableCommander, Redis } from 'ioredis';

/**
 * KEYS: the fence, and a key that only this transaction watches. ARGV: the writer's epoch.
 * Touching a watched key is the one way to make Redis itself refuse the EXEC that is already on its way.
 */
const CHECK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then redis.call('SET', KEYS[2], 1, 'PX', 1000) end
`;

/** KEYS: the fence. ARGV: an epoch. The same order as in decide/epoch.ts; never lowers the fence. */
const RAISE = `
local created, revision = string.match(redis.call('GET', KEYS[1]) or '0-0', '^(%d+)-(%d+)$')
local own_created, own_revision = string.match(ARGV[1], '^(%d+)-(%d+)$')
if tonumber(created) > tonumber(own_created) then return 0 end
if created == own_created and tonumber(revision) > tonumber(own_revision) then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
`;

/**
 * Keeps a scheduler that has lost the lead out of Redis, whatever its clock and its event loop do: a key holds the
 * epoch of the newest leader, and each addition of jobs is one transaction that Redis executes only while that is the
 * writer's own epoch. A check in this process could not do that, since the process may be frozen right after it.
 */
export class Fence {
  readonly #redis: Redis;
  readonly #key: string;
  #epoch: string | undefined;

  /** From then on `redis.pipeline()` makes fenced transactions; BullMQ adds jobs in bulk through it. */
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#key = `${prefix}:fence`;
    const pipeline = redis.pipeline.bind(redis);
    redis.pipeline = () => this.#guard(pipeline());
  }

  /** Of the last `raise` that succeeded. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /**
   * Shuts out every earlier leader: what they have added until now is there, what they add later is refused.
   * @returns false when a later leader has raised it already
   */
  async raise(epoch: string): Promise<boolean> {
    const raised = (await this.#redis.eval(RAISE, 1, this.#key, epoch)) === 1;
    this.#epoch = raised ? epoch : undefined;
    return raised;
  }

  #guard(pipeline: ChainableCommander): ChainableCommander {
    const epoch = this.#epoch ?? 'none';
    const refused = `${this.#key}:refused:${epoch}`;
    // All of it leaves in one write, so nothing of this connection comes between WATCH and EXEC.
    pipeline.watch(this.#key, refused);
    pipeline.eval(CHECK, 2, this.#key, refused, epoch);
    // Of ioredis' documentation, but not of its types.
    (pipeline as ChainableCommander & { multi(): void }).multi();
    const exec = pipeline.exec.bind(pipeline);
    pipeline.exec = async () => {
      // The first ends the transaction, the second sends everything.
      exec();
      const [error, values] = (await exec())?.at(-1) ?? [new Error('no answer to EXEC'), null];
      if (error !== null) throw error;
      if (values === null) throw new BenchwireError('FENCED', 'Redis takes no jobs from this scheduler: another leads');
      return (values as unknown[]).map((value) => (value instanceof Error ? [value, null] : [null, value]));
    };
    return pipeline;
  }
}

/** Whether Redis has refused a transaction as a whole, because of its writer's epoch. */
export function isFenced(error: unknown): boolean {
  return error instanceof BenchwireError && error.code === 'FENCED';
}
