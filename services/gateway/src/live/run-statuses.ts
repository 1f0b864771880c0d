import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Gateway } from '../gateway.ts';
import { benchmarkStatus } from '../routes/benchmark.ts';
import type { StreamTopic } from './shared-topics.ts';

export interface StatusListener {
  /** A status as JSON, and whether it is the last one. */
  hear(text: string, is_last: boolean): void;
  fail(error: unknown): void;
}

/** After something has happened the status is asked for at most so often. */
const MIN_MS = 250;
/** For the aggregator to have stored the end of a run whose last message was read. */
const FINISHED_MS = 30_000;

interface Followed {
  listeners: Set<StatusListener>;
  /** Looks again whether anybody listens. */
  wake: () => void;
}

/** Tells how far runs are, asking once for all who listen to the same run. */
export class RunStatuses {
  readonly #gateway: Gateway;
  readonly #open = new Map<string, Followed>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** The status now, after each thing that happens in the run, and at its end. @returns leaves again */
  listen(run_id: string, listener: StatusListener): () => void {
    const known = this.#open.get(run_id);
    const followed = known ?? { listeners: new Set(), wake: () => {} };
    followed.listeners.add(listener);
    if (known === undefined) {
      this.#open.set(run_id, followed);
      void this.#follow(run_id, followed);
    } else {
      benchmarkStatus(this.#gateway.client, run_id).then(
        (status) => followed.listeners.has(listener) && listener.hear(JSON.stringify(status), false),
        (error: unknown) => listener.fail(error),
      );
    }
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size === 0) followed.wake();
    };
  }

  async #follow(run_id: string, followed: Followed): Promise<void> {
    const { client, topics } = this.#gateway;
    const { listeners } = followed;
    let changed = Promise.withResolvers<void>();
    followed.wake = () => changed.resolve();
    let has_ended = false;
    const say = async (is_last = false): Promise<void> => {
      const text = JSON.stringify(await benchmarkStatus(client, run_id));
      for (const each of listeners) each.hear(text, is_last);
    };
    let leave = (): void => {};
    try {
      const topic: StreamTopic = { name: `run:${run_id}`, streams: ['events', 'outcomes'], run_id };
      const end = (): void => {
        has_ended = true;
        changed.resolve();
      };
      ({ leave } = await topics.listen(topic, { hear: () => changed.resolve(), end }));
      await say();
      while (!has_ended && listeners.size > 0) {
        const rested = pause(MIN_MS);
        await changed.promise;
        await rested;
        changed = Promise.withResolvers();
        if (!has_ended && listeners.size > 0) await say();
      }
      if (!has_ended) return;
      await client.finished(run_id, AbortSignal.timeout(FINISHED_MS));
      await say(true);
    } catch (error) {
      for (const each of listeners) each.fail(error);
    } finally {
      leave();
      if (this.#open.get(run_id) === followed) this.#open.delete(run_id);
    }
  }
}
