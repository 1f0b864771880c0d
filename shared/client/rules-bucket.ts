import { JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { z } from 'zod';
import { parseJson } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';

const WRONG_LAST_SEQUENCE = 10_071;

/** Rules that the operators of a stack wrote: one key of a KV bucket, read and changed as a whole. */
export class RulesBucket<Rule> {
  readonly #bucket: string;
  readonly #key: string;
  readonly #schema: z.ZodType<Rule[]>;

  constructor(bucket: string, key: string, schema: z.ZodType<Rule[]>) {
    this.#bucket = bucket;
    this.#key = key;
    this.#schema = schema;
  }

  /** The rules in their order; none where nobody has written any. */
  async read(nats: NatsConnection): Promise<Rule[]> {
    return (await this.#entry(await this.#open(nats))).rules;
  }

  /** What the bucket has, for somebody who may not create it. @throws as the connection does */
  async readIfAny(nats: NatsConnection): Promise<Rule[]> {
    try {
      return (await this.#entry(await new Kvm(nats).open(this.#bucket))).rules;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.status === 404) return [];
      throw error;
    }
  }

  /** Puts rules in the place of those that are there. */
  async write(nats: NatsConnection, rules: readonly Rule[]): Promise<void> {
    await (await this.#open(nats)).put(this.#key, JSON.stringify(rules));
  }

  /**
   * Changes the rules as they are at that moment, so that two who do so at a time lose nothing.
   * @param change - undefined for nothing to change
   */
  async change(
    nats: NatsConnection,
    change: (rules: readonly Rule[]) => Rule[] | undefined,
  ): Promise<Rule[] | undefined> {
    const bucket = await this.#open(nats);
    for (;;) {
      const { rules, revision } = await this.#entry(bucket);
      const changed = change(rules);
      if (changed === undefined) return undefined;
      try {
        await bucket.put(this.#key, JSON.stringify(changed), { previousSeq: revision });
        return changed;
      } catch (error) {
        // Somebody else has changed them meanwhile.
        if (!(error instanceof JetStreamApiError) || error.code !== WRONG_LAST_SEQUENCE) throw error;
      }
    }
  }

  #open(nats: NatsConnection): Promise<KV> {
    return new Kvm(nats).create(this.#bucket, { history: 1 });
  }

  async #entry(bucket: KV): Promise<{ rules: Rule[]; revision: number }> {
    const entry = await bucket.get(this.#key);
    if (entry === null) return { rules: [], revision: 0 };
    const parsed = entry.operation === 'PUT' ? parseJson(this.#schema, entry.value) : undefined;
    return { rules: parsed?.ok === true ? parsed.value : [], revision: entry.revision };
  }
}
