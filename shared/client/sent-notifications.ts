import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type Delivery, delivery, type Notification, notification } from '../contracts/notify.ts';
import { NOTIFICATIONS } from '../contracts/streams.ts';
import { parseJson } from '../runtime/issues.ts';
import type { NatsConnection } from '../runtime/nats.ts';
import { scanStream } from '../runtime/read-to-end.ts';

/** Entries of the stream that are looked at, from its end. */
const LOOKED_AT = 20_000;

export interface SentNotification {
  message: Notification;
  /** What became of its latest revision; undefined while nothing was tried. */
  delivery: Delivery | undefined;
}

/** The messages of late, newest first, each at its latest revision. */
export async function sentNotifications(nats: NatsConnection): Promise<SentNotification[]> {
  const manager = await jetstreamManager(nats);
  const { last_seq } = (await manager.streams.info(NOTIFICATIONS.name)).state;
  const found = new Map<string, SentNotification>();
  const from = Math.max(1, last_seq - LOOKED_AT + 1);
  for await (const { subject, data } of scanStream(
    { nats, client: jetstream(nats), manager },
    { stream: NOTIFICATIONS.name, from },
  )) {
    if (subject.startsWith('bw.notification.message.')) {
      const parsed = parseJson(notification, data);
      if (!parsed.ok) continue;
      found.delete(parsed.value.message_id);
      found.set(parsed.value.message_id, { message: parsed.value, delivery: undefined });
      continue;
    }
    const parsed = parseJson(delivery, data);
    const of = parsed.ok ? found.get(parsed.value.message_id) : undefined;
    if (parsed.ok && of?.message.revision === parsed.value.revision) of.delivery = parsed.value;
  }
  return [...found.values()].reverse();
}
