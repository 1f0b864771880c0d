import type { Delivery, Notification } from '@benchwire/shared/contracts/notify.ts';
import { notificationKey } from '@benchwire/shared/contracts/notify.ts';

/** One message with all that is known of it. */
export interface Sent {
  latest: Notification;
  /** When its first and its latest revision were made; epoch milliseconds. */
  first_ms: number;
  latest_ms: number;
}

/** What has been decided to be sent, and what became of it: the fold over NOTIFICATIONS. */
export class Outbox {
  readonly #messages = new Map<string, Sent>();
  /** receiver -> alert -> the newest message that has it. */
  readonly #covered = new Map<string, Map<string, string>>();
  /** Revisions that are not done with, in the order in which they were made. */
  readonly #waiting = new Map<string, Notification>();
  readonly #deliveries = new Map<string, Delivery>();
  /** receiver -> key of a group -> when the newest message with it was first made; epoch milliseconds. */
  readonly #newest = new Map<string, Map<string, number>>();
  /** message -> what the other side calls it. */
  readonly #external_ids = new Map<string, string>();

  addMessage(message: Notification): void {
    const before = this.#messages.get(message.message_id);
    if (before !== undefined && before.latest.revision >= message.revision) return;
    const at_ms = Date.parse(message.at);
    this.#messages.set(message.message_id, { latest: message, first_ms: before?.first_ms ?? at_ms, latest_ms: at_ms });
    this.#waiting.set(notificationKey(message), message);
    if (before === undefined) this.#noteKeys(message, at_ms);
    const covered = this.#covered.get(message.receiver) ?? new Map<string, string>();
    this.#covered.set(message.receiver, covered);
    if (message.reason !== 'changed')
      for (const alert_id of Object.keys(message.alerts)) covered.set(alert_id, message.message_id);
  }

  addDelivery(delivery: Delivery): void {
    const key = notificationKey(delivery);
    this.#deliveries.set(key, delivery);
    if (delivery.external_id !== null) this.#external_ids.set(delivery.message_id, delivery.external_id);
    if (delivery.state === 'sent' || delivery.state === 'failed') this.#waiting.delete(key);
    // Somebody asked for it to be sent again.
    else if (!this.#waiting.has(key)) {
      const message = this.#messages.get(delivery.message_id)?.latest;
      if (message?.revision === delivery.revision) this.#waiting.set(key, message);
    }
  }

  messages(): IterableIterator<Sent> {
    return this.#messages.values();
  }

  message(message_id: string): Sent | undefined {
    return this.#messages.get(message_id);
  }

  /** The newest message to a receiver that has an alert. */
  covering(receiver: string, alert_id: string): Sent | undefined {
    const message_id = this.#covered.get(receiver)?.get(alert_id);
    return message_id === undefined ? undefined : this.#messages.get(message_id);
  }

  /** When the newest message to a receiver that shares one of these keys was first made; undefined where there is none. */
  newestWith(receiver: string, keys: Iterable<string>): number | undefined {
    const known = this.#newest.get(receiver);
    let newest: number | undefined;
    for (const key of keys) {
      const at_ms = known?.get(key);
      if (at_ms !== undefined && (newest === undefined || at_ms > newest)) newest = at_ms;
    }
    return newest;
  }

  #noteKeys({ receiver, group }: Notification, at_ms: number): void {
    const known = this.#newest.get(receiver) ?? new Map<string, number>();
    this.#newest.set(receiver, known);
    for (const key of group) known.set(key, Math.max(at_ms, known.get(key) ?? at_ms));
  }

  delivery(of: Pick<Notification, 'message_id' | 'revision'>): Delivery | undefined {
    return this.#deliveries.get(notificationKey(of));
  }

  externalId(message_id: string): string | undefined {
    return this.#external_ids.get(message_id);
  }

  /** The latest revision of every message to a receiver that fits, in the order of their first revisions. */
  messagesTo(receiver: string, fits: (message: Notification) => boolean): Notification[] {
    return [...this.#messages.values()].flatMap(({ latest }) =>
      latest.receiver === receiver && latest.reason !== 'test' && fits(latest) ? [latest] : [],
    );
  }

  /** What is still to be sent to each receiver, oldest first. */
  waiting(): Map<string, Notification[]> {
    const by_receiver = new Map<string, Notification[]>();
    for (const message of this.#waiting.values()) {
      const list = by_receiver.get(message.receiver);
      if (list === undefined) by_receiver.set(message.receiver, [message]);
      else list.push(message);
    }
    return by_receiver;
  }

  /** Takes out messages that are done with and were made before a time. */
  forget(before_ms: number): void {
    for (const known of this.#newest.values())
      for (const [key, at_ms] of known) if (at_ms < before_ms) known.delete(key);
    const waiting = new Set([...this.#waiting.values()].map(({ message_id }) => message_id));
    for (const [message_id, { latest, latest_ms }] of this.#messages) {
      if (latest_ms >= before_ms || waiting.has(message_id)) continue;
      this.#messages.delete(message_id);
      this.#external_ids.delete(message_id);
      for (let revision = 1; revision <= latest.revision; revision++)
        this.#deliveries.delete(notificationKey({ message_id, revision }));
      const covered = this.#covered.get(latest.receiver);
      for (const alert_id of Object.keys(latest.alerts))
        if (covered?.get(alert_id) === message_id) covered.delete(alert_id);
    }
  }
}
