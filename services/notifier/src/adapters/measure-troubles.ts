import { EVENTS, FINDINGS, METRICS, OUTCOMES, REJECTED } from '@benchwire/shared/contracts/streams.ts';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Trouble } from '../decide/fleet-alert.ts';

/** Messages that a service may be behind by for a while. */
const MOST_BEHIND = 5000;
/** How often in turn it has to be behind, and further each time, before it is said. */
const TIMES_BEHIND = 4;
const FULL_SHARE = 0.85;
/** After so many measurements without a new rejected message they are no trouble any more. */
const QUIET_TIMES = 30;

/** Looks at the servers from time to time, for what no event says. */
export class StackProbe {
  readonly #manager: JetStreamManager;
  #rejected: number | undefined;
  #rejected_since = 0;
  #quiet_times = QUIET_TIMES;
  readonly #behind = new Map<string, { pending: number; times: number }>();

  constructor(manager: JetStreamManager) {
    this.#manager = manager;
  }

  async measure(): Promise<Trouble[]> {
    const [rejected, behind, storage] = await Promise.all([this.#newlyRejected(), this.#consumers(), this.#storage()]);
    return [...rejected, ...behind, ...storage];
  }

  /** REJECTED grows: somebody sends what cannot be read. */
  async #newlyRejected(): Promise<Trouble[]> {
    const { last_seq } = (await this.#manager.streams.info(REJECTED.name)).state;
    const before = this.#rejected ?? last_seq;
    this.#rejected = last_seq;
    if (last_seq > before) {
      if (this.#quiet_times >= QUIET_TIMES) this.#rejected_since = before;
      this.#quiet_times = 0;
    } else this.#quiet_times++;
    if (this.#quiet_times >= QUIET_TIMES) return [];
    const count = last_seq - this.#rejected_since;
    const message = `${count} message${count === 1 ? '' : 's'} could not be read and went to REJECTED: bw rejected`;
    return [{ kind: 'rejected_messages', subject: '', severity: 'warning', title: 'Messages are rejected', message }];
  }

  async #consumers(): Promise<Trouble[]> {
    const troubles: Trouble[] = [];
    for (const { name } of [OUTCOMES, METRICS, EVENTS, FINDINGS]) {
      for await (const { name: durable, config, num_pending: pending } of this.#manager.consumers.list(name)) {
        if (config.durable_name === undefined) continue;
        const place = `${name}.${durable}`;
        const before = this.#behind.get(place);
        const is_worse = pending > MOST_BEHIND && pending >= (before?.pending ?? 0);
        const times = is_worse ? (before?.times ?? 0) + 1 : pending > MOST_BEHIND ? (before?.times ?? 0) : 0;
        this.#behind.set(place, { pending, times });
        if (times < TIMES_BEHIND) continue;
        const message = `${durable} has ${pending} messages of ${name} before it, and they become more`;
        troubles.push({
          ...{ kind: 'consumer_behind', subject: durable, severity: 'warning' },
          ...{ title: `Behind: ${durable}`, message },
        });
      }
    }
    return troubles;
  }

  async #storage(): Promise<Trouble[]> {
    const { storage, limits } = await this.#manager.getAccountInfo();
    if (limits.max_storage <= 0 || storage < limits.max_storage * FULL_SHARE) return [];
    const percent = Math.round((storage / limits.max_storage) * 100);
    const message = `NATS has used ${percent} % of the ${Math.round(limits.max_storage / 1e6)} MB for its streams`;
    return [{ kind: 'storage_full', subject: '', severity: 'critical', title: 'Storage runs out', message }];
  }
}
