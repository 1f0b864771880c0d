import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import { type Delivery, type Notification, notificationKey } from '@benchwire/shared/contracts/notify.ts';
import type { Receiver } from '@benchwire/shared/contracts/notify-receiver.ts';
import { Later, Refused } from '@benchwire/shared/outbound/errors.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { backoffMs } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { Journal } from '../adapters/journal.ts';
import { connect, type Environment } from '../connectors/connect.ts';
import type { Connector } from '../connectors/connector.ts';
import type { PluginConnectors } from '../connectors/plugin.ts';
import type { Outbox } from '../decide/outbox.ts';
import { placesOf, TRAITS } from '../decide/traits.ts';
import type { Metrics } from '../metrics.ts';

/** What nobody has taken for so long is given up; somebody can have it sent again. */
const GIVE_UP_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 5 * 60_000;
const MAX_REASON = 500;

export interface DeliverContext {
  journal: Journal;
  outbox: Outbox;
  log: Log;
  metrics: Metrics;
  environment: Environment;
  plugins: PluginConnectors;
  dashboard_url: string | undefined;
  now: () => number;
  signal: AbortSignal;
}

/** Sends what waits, to each receiver one after the other and in order; a receiver that takes nothing keeps only its own waiting. */
export class Deliveries {
  readonly #context: DeliverContext;
  /** With the settings that each was made from. */
  readonly #connectors = new Map<string, { settings: string; connector: Connector }>();
  readonly #busy = new Map<string, Promise<void>>();

  constructor(context: DeliverContext) {
    this.#context = context;
  }

  /** Begins to send what is due. @param onError - what ends the term of this notifier */
  start(receivers: readonly Receiver[], onError: (error: unknown) => void): void {
    for (const [name, messages] of this.#context.outbox.waiting()) {
      const receiver = receivers.find((each) => each.name === name);
      if (receiver === undefined || this.#busy.has(name)) continue;
      const work = this.#sendAll(receiver, messages)
        .catch(onError)
        .finally(() => this.#busy.delete(name));
      this.#busy.set(name, work);
    }
  }

  /** Says once more what is open where the other side forgets it otherwise. What fails is said with the next round. */
  refresh(receivers: readonly Receiver[]): void {
    const { outbox, signal, log, dashboard_url } = this.#context;
    for (const receiver of receivers) {
      const { name, connector } = receiver;
      if (TRAITS[connector].forgets !== true || this.#busy.has(name)) continue;
      const sent = outbox.messagesTo(name, (message) => outbox.delivery(message)?.state === 'sent');
      const work = this.#connector(receiver)
        .then((connected) => connected.refresh?.(sent, dashboard_url, signal))
        .catch((error: unknown) =>
          log.warn({ receiver: name, reason: messageOf(error) }, 'could not say again what is open'),
        )
        .finally(() => this.#busy.delete(name));
      this.#busy.set(name, work);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#busy.values());
    for (const { connector } of this.#connectors.values()) connector.close?.();
  }

  async #sendAll(receiver: Receiver, messages: readonly Notification[]): Promise<void> {
    for (const message of messages) {
      const { outbox, now, signal } = this.#context;
      const last = outbox.delivery(message);
      if (signal.aborted || (last?.next_at != null && Date.parse(last.next_at) > now())) return;
      if (!(await this.#sendOne(receiver, message, last))) return;
    }
  }

  /** @returns whether the next message may go */
  async #sendOne(receiver: Receiver, message: Notification, last: Delivery | undefined): Promise<boolean> {
    const { journal, outbox, log, metrics, now, signal, dashboard_url } = this.#context;
    const { message_id, revision } = message;
    const attempt = (last?.attempt ?? 0) + 1;
    const entry = (state: Delivery['state'], more: Partial<Delivery> = {}): Delivery => ({
      ...{ v: MESSAGE_VERSION, message_id, revision, receiver: receiver.name, state, attempt },
      ...{ at: new Date(now()).toISOString(), external_id: null, reason: null, next_at: null, ...more },
    });
    await journal.addDelivery(entry('sending'));
    let result: Delivery;
    try {
      const connector = await this.#connector(receiver);
      const beside = this.#beside(receiver, message);
      const names = beside.map((each) => outbox.externalId(each.message_id));
      const external_id = outbox.externalId(message_id) ?? names.find((each) => each !== undefined);
      const named = await connector.deliver(
        {
          ...{ notification: message, key: notificationKey(message), attempt, dashboard_url },
          ...{ external_id, beside },
        },
        signal,
      );
      result = entry('sent', { external_id: named });
    } catch (error) {
      if (signal.aborted) return false;
      // The next attempt reads its secrets anew: somebody may have put them right.
      this.#forget(receiver.name);
      result = this.#failed(error, message, entry);
    }
    metrics.deliveries.inc({ receiver: receiver.name, state: result.state });
    if (result.state !== 'sent')
      log.warn({ receiver: receiver.name, message_id, attempt, reason: result.reason }, `a message is ${result.state}`);
    await journal.addDelivery(result);
    return result.state !== 'retrying';
  }

  /** What is shown in the same place at the other side. */
  #beside({ connector, name }: Receiver, message: Notification): Notification[] {
    const placesIn = ({ group, items }: Notification): string[] => placesOf(connector, group, items[0]?.labels ?? {});
    const places = new Set(placesIn(message));
    if (places.size === 0) return [message];
    return this.#context.outbox.messagesTo(name, (each) => placesIn(each).some((place) => places.has(place)));
  }

  #failed(
    error: unknown,
    message: Notification,
    entry: (state: Delivery['state'], more: Partial<Delivery>) => Delivery,
  ): Delivery {
    const now_ms = this.#context.now();
    const reason = messageOf(error).slice(0, MAX_REASON);
    if (error instanceof Refused) return entry('failed', { reason });
    if (now_ms - Date.parse(message.at) > GIVE_UP_MS)
      return entry('failed', { reason: `given up after 24 hours: ${reason}` });
    const { attempt } = entry('retrying', {});
    const pause_ms =
      error instanceof Later ? error.after_ms : backoffMs(attempt - 1, FIRST_PAUSE_MS, MAX_PAUSE_MS, Math.random);
    return entry('retrying', { reason, next_at: new Date(now_ms + pause_ms).toISOString() });
  }

  #forget(name: string): void {
    this.#connectors.get(name)?.connector.close?.();
    this.#connectors.delete(name);
  }

  async #connector(receiver: Receiver): Promise<Connector> {
    const settings = JSON.stringify(receiver);
    const known = this.#connectors.get(receiver.name);
    if (known?.settings === settings) return known.connector;
    this.#forget(receiver.name);
    const connector = await connect(receiver, this.#context.environment, this.#context.plugins);
    this.#connectors.set(receiver.name, { settings, connector });
    return connector;
  }
}
