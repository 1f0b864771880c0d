import {
  type Delivery,
  delivery,
  deliverySubject,
  messageSubject,
  type Notification,
  notificationKey,
  writtenNotification,
} from '@benchwire/shared/contracts/notify.ts';
import { NOTIFICATIONS } from '@benchwire/shared/contracts/streams.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { publish } from '@benchwire/shared/runtime/publish.ts';
import { scanStream } from '@benchwire/shared/runtime/read-to-end.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
import type { JetStream } from '@benchwire/shared/runtime/tail.ts';
import type { Outbox } from '../decide/outbox.ts';

/**
 * NOTIFICATIONS, as the one notifier that leads writes it: every entry names the sequence that it is to follow, so that one which has been
 * replaced without knowing it can add nothing.
 */
export class Journal {
  readonly #jetstream: JetStream;
  readonly #outbox: Outbox;
  readonly #signal: AbortSignal;
  #last = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(jetstream: JetStream, outbox: Outbox, signal: AbortSignal) {
    this.#jetstream = jetstream;
    this.#outbox = outbox;
    this.#signal = signal;
  }

  /** Reads all that is stored into the outbox. */
  static async open(jetstream: JetStream, outbox: Outbox, signal: AbortSignal): Promise<Journal> {
    const journal = new Journal(jetstream, outbox, signal);
    const { state } = await jetstream.manager.streams.info(NOTIFICATIONS.name);
    const slice = new Slice();
    for await (const message of scanStream(jetstream, { stream: NOTIFICATIONS.name, to: state.last_seq, signal })) {
      // Only notifiers write there; what an older one cannot read is left alone.
      if (message.subject.startsWith('bw.notification.message.')) {
        const parsed = parseJson(writtenNotification, message.data);
        if (parsed.ok) outbox.addMessage(parsed.value);
      } else {
        const parsed = parseJson(delivery, message.data);
        if (parsed.ok) outbox.addDelivery(parsed.value);
      }
      await slice.rest();
    }
    journal.#last = state.last_seq;
    return journal;
  }

  /** @throws BenchwireError PUBLISH_REFUSED when somebody else has written meanwhile */
  async addMessage(message: Notification): Promise<void> {
    await this.#append(messageSubject(message), message, notificationKey(message));
    this.#outbox.addMessage(message);
  }

  async addDelivery(entry: Delivery): Promise<void> {
    await this.#append(
      deliverySubject(entry),
      entry,
      `${notificationKey(entry)}.${entry.attempt}.${entry.state}.${entry.at}`,
    );
    this.#outbox.addDelivery(entry);
  }

  async #append(subject: string, entry: object, id: string): Promise<void> {
    const write = this.#writing.then(async () => {
      const ack = await publish(this.#jetstream.client, subject, JSON.stringify(entry), {
        ...{ id, signal: this.#signal, expect: { lastSequence: this.#last } },
      });
      this.#last = Math.max(this.#last, ack.seq);
    });
    this.#writing = write.catch(() => undefined);
    await write;
  }
}
